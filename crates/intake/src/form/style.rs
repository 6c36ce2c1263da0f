//! How cells look.

use rust_xlsxwriter::{Color, Format, FormatAlign, FormatBorder};

/// The formats of a form.
pub(super) struct Style {
    pub(super) title: Format,
    pub(super) plain: Format,
    pub(super) small: Format,
    pub(super) header: Format,
    pub(super) input_header: Format,
    /// A cell that only shows something.
    pub(super) locked: Format,
    /// A cell that shows a number.
    pub(super) locked_number: Format,
    /// A last value that was returned.
    pub(super) returned: Format,
    /// A cell to fill in, kept as text so that every digit stays as typed.
    pub(super) input: Format,
    /// A cell for longer text.
    pub(super) input_text: Format,
    pub(super) wrapped: Format,
}

impl Style {
    pub(super) fn new() -> Self {
        let base = Format::new().set_font_name("宋体").set_font_size(10);
        let framed = base.clone().set_border(FormatBorder::Thin).set_border_color(Color::RGB(0x00B4_B4B4));
        let framed = framed.set_align(FormatAlign::VerticalCenter).set_text_wrap();
        let header = framed.clone().set_bold().set_align(FormatAlign::Center);
        let grey = framed.clone().set_background_color(Color::RGB(0x00F2_F2F2));
        let input = framed.clone().set_unlocked().set_num_format("@");
        let input = input.set_background_color(Color::RGB(0x00FF_F9E5));
        Self {
            title: base.clone().set_font_size(16).set_bold(),
            plain: base.clone(),
            small: base.clone().set_font_size(8).set_font_color(Color::RGB(0x0080_8080)),
            header: header.clone().set_background_color(Color::RGB(0x00D9_E2EC)),
            input_header: header.set_background_color(Color::RGB(0x00FF_E8A3)),
            locked_number: grey.clone().set_align(FormatAlign::Right),
            returned: grey.clone().set_bold().set_font_color(Color::RGB(0x00B0_1E1E)),
            locked: grey,
            input_text: input.clone().set_align(FormatAlign::Top),
            input,
            wrapped: base.set_text_wrap().set_align(FormatAlign::Top),
        }
    }
}
