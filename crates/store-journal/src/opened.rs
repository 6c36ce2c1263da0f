//! What was found when the journal was opened.

use std::fmt;

/// An append that was never acknowledged and was cut off, or, when only reading, is not shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// The segment's file name.
    pub place: String,
    /// Position of the first line that was cut.
    pub position: u64,
    /// How many lines were cut, broken ones too; 0 where there was no more than padding gone wrong.
    pub lines: u64,
    /// How many bytes they had, without padding.
    pub bytes: u64,
}

/// What was found when the journal was opened. `Display` is for the person at the machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Opened {
    /// Lines that are there.
    pub lines: u64,
    /// Segments, the active one too.
    pub segments: usize,
    /// How many of them are compressed.
    pub packed: usize,
    /// What was cut off.
    pub cut: Option<Cut>,
    /// Files in `journal` that are no segments, by name. They are left alone.
    pub ignored: Vec<String>,
    /// Whether it was opened for reading only, so that nothing was changed on the disk.
    pub read_only: bool,
}

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, position, lines, bytes } = self;
        match lines {
            0 => write!(f, "{place} 末尾（第 {position} 行之前的内容之后）有 {bytes} 字节不是记录行"),
            _ => write!(
                f,
                "{place} 末尾从第 {position} 行起有一次未完成的追加（{lines} 行，{bytes} 字节），它从未得到确认"
            ),
        }
    }
}

impl fmt::Display for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "共 {} 行，{} 个段文件", self.lines, self.segments)?;
        if self.packed > 0 {
            write!(f, "（{} 个已压缩）", self.packed)?;
        }
        f.write_str("。")?;
        if let Some(cut) = &self.cut {
            let done = if self.read_only { "未予显示" } else { "已截去" };
            write!(f, "{cut}，{done}；相关报送请用原提交编号重新提交。")?;
        }
        if !self.ignored.is_empty() {
            write!(f, "journal 目录中的其他文件未予理会：{}。", self.ignored.join("、"))?;
        }
        Ok(())
    }
}
