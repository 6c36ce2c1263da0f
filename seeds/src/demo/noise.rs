//! Numbers that look random and are a function of the seed and of what they are for.
//!
//! Nothing is drawn in sequence: a figure of one cell stays the same whatever else the year holds.

/// SplitMix64 (Steele, Lea, Flood 2014), one step.
const fn mix(state: u64) -> u64 {
    let mut z = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The source of all variety in a demonstration.
#[derive(Clone, Copy, Debug)]
pub(super) struct Noise(pub u64);

impl Noise {
    /// 64 bits for a purpose, named by numbers.
    pub(super) fn bits(self, purpose: &[u64]) -> u64 {
        purpose.iter().fold(mix(self.0), |state, part| mix(state ^ mix(*part)))
    }

    /// A number from `low` to `high`, both included.
    pub(super) fn between(self, low: u32, high: u32, purpose: &[u64]) -> u32 {
        let span = u64::from(high - low) + 1;
        low + u32::try_from(self.bits(purpose) % span).expect("less than the span")
    }

    /// Whether a chance of `percent` in a hundred comes true.
    pub(super) fn happens(self, percent: u32, purpose: &[u64]) -> bool {
        self.between(1, 100, purpose) <= percent
    }

    /// One of several things.
    pub(super) fn pick<'a, T>(self, things: &'a [T], purpose: &[u64]) -> &'a T {
        let last = u32::try_from(things.len() - 1).expect("few things");
        &things[self.between(0, last, purpose) as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generator_is_splitmix64() {
        // The first outputs for seed 0, as published with the reference implementation.
        let golden = 0x9e37_79b9_7f4a_7c15_u64;
        assert_eq!(mix(0), 0xe220_a839_7b1d_cdaf);
        assert_eq!(mix(golden), 0x6e78_9e6a_a1b9_65f4);
    }

    #[test]
    fn one_purpose_does_not_disturb_another() {
        let noise = Noise(7);
        assert_eq!(noise.bits(&[1, 2]), noise.bits(&[1, 2]));
        assert_ne!(noise.bits(&[1, 2]), noise.bits(&[2, 1]));
        assert_ne!(noise.bits(&[1]), Noise(8).bits(&[1]));
        assert!((0..100).all(|k| (3..=5).contains(&noise.between(3, 5, &[k]))));
    }
}
