//! Canonical JSON on random values and random bytes.

use chain::json::{Value, canonicalize, check_canonical, parse};
use proptest::prelude::*;

fn value() -> impl Strategy<Value = Value> {
    let text = prop_oneof!["[ -~]{0,8}", "[\u{4e00}-\u{9fff}]{1,6}", "[\\x01-\\x1f\"\\\\/😀é]{0,4}"];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        (-chain::json::MAX_INTEGER..=chain::json::MAX_INTEGER).prop_map(Value::Integer),
        text.clone().prop_map(Value::String),
    ];
    leaf.prop_recursive(5, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::Array),
            prop::collection::btree_map(text.clone(), inner, 0..6).prop_map(|members| {
                let mut members: Vec<_> = members.into_iter().collect();
                members.sort_by(|(left, _), (right, _)| left.encode_utf16().cmp(right.encode_utf16()));
                Value::Object(members)
            }),
        ]
    })
}

/// Bytes near JSON: random ones would be refused at once.
fn nearly_json() -> impl Strategy<Value = Vec<u8>> {
    (value(), any::<prop::sample::Index>(), any::<u8>()).prop_map(|(value, place, byte)| {
        let mut bytes = value.to_canonical();
        let place = place.index(bytes.len());
        bytes[place] = byte;
        bytes
    })
}

proptest! {
    #[test]
    fn what_is_written_reads_back(value in value()) {
        let bytes = value.to_canonical();
        prop_assert_eq!(check_canonical(&bytes), Ok(()));
        prop_assert_eq!(parse(&bytes).unwrap(), value);
    }

    #[test]
    fn the_quick_check_agrees_with_the_slow_reader(bytes in nearly_json()) {
        let same = canonicalize(&bytes).is_ok_and(|canonical| canonical == bytes);
        prop_assert_eq!(check_canonical(&bytes).is_ok(), same);
    }

    #[test]
    fn any_bytes_get_an_answer(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        let same = canonicalize(&bytes).is_ok_and(|canonical| canonical == bytes);
        prop_assert_eq!(check_canonical(&bytes).is_ok(), same);
    }
}
