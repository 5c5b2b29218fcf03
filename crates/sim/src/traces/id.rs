//! Trace ids that say where their trace comes from, and look like any other.

use std::fmt;

use crate::world::dice::Dice;

/// 128 bits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct TraceId(pub(crate) u128);

/// What an id stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Place {
    pub(super) tick: i64,
    pub(super) entry: u32,
    pub(super) number: u32,
}

/// The low half holds the place under a mask made of the high half; the high half is made of the
/// place, so that an id that was not given out is told from one that was.
impl TraceId {
    pub(super) fn new(dice: Dice, place: Place) -> Self {
        let low = place.packed();
        let high = check(dice, low);
        let masked = low ^ mask(dice, high);
        Self((u128::from(high) << 64) | u128::from(masked))
    }

    pub(super) fn place(self, dice: Dice) -> Option<Place> {
        let high = (self.0 >> 64) as u64;
        let low = (self.0 as u64) ^ mask(dice, high);
        (check(dice, low) == high).then(|| Place::unpacked(low))
    }

    /// As the search of Tempo writes it: without leading zeros.
    pub(crate) fn short(self) -> String {
        format!("{:x}", self.0)
    }

    pub(crate) const fn bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl Place {
    const fn packed(self) -> u64 {
        ((self.tick as u64) << 24)
            | ((self.entry as u64 & 0xff) << 16)
            | (self.number as u64 & 0xffff)
    }

    const fn unpacked(bits: u64) -> Self {
        Self {
            tick: (bits >> 24) as i64,
            entry: ((bits >> 16) & 0xff) as u32,
            number: (bits & 0xffff) as u32,
        }
    }
}

fn check(dice: Dice, low: u64) -> u64 {
    dice.part("trace id").at(low as i64).bits()
}

fn mask(dice: Dice, high: u64) -> u64 {
    dice.part("trace mask").at(high as i64).bits()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_leads_back_to_its_place_and_a_strange_one_nowhere() {
        let dice = Dice::new(5);
        let place = Place {
            tick: 59_853_480,
            entry: 2,
            number: 13,
        };
        let id = TraceId::new(dice, place);
        assert_eq!(id.place(dice), Some(place));
        assert_eq!(TraceId(id.0 ^ 1).place(dice), None);
        assert_eq!(id.place(Dice::new(6)), None);
    }
}
