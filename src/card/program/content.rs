//! Contents in pieces that a command can carry: UPDATE BINARY with an offset in P1-P2 up to 32,767,
//! beyond that its odd instruction with the offset in the data (ISO/IEC 7816-4 clause 7.2.5).

use std::ops::Range;

use crate::card::Command;
use crate::card::apdu::{ApduError, ins};
use crate::der::{Tag, Tlv};

/// Greatest offset that P1-P2 can say: 15 bits.
pub(super) const GREATEST_SHORT_OFFSET: usize = 0x7FFF;

/// Offset data object.
const OFFSET: Tag = Tag::new(0x54);
/// Discretionary data: what is written.
const DATA: Tag = Tag::new(0x53);

/// Cuts the first `length` bytes of a file into what one command writes each.
pub(super) fn pieces(length: usize, data_field: usize) -> Vec<Range<usize>> {
    let mut pieces = Vec::new();
    let mut start = 0;
    while start < length {
        let room = match start {
            0..=GREATEST_SHORT_OFFSET => data_field,
            _ => data_field - overhead(start, data_field),
        };
        let end = length.min(start + room);
        pieces.push(start..end);
        start = end;
    }
    pieces
}

/// Bytes that the data objects of the odd instruction need around a full command's content.
const fn overhead(offset: usize, data_field: usize) -> usize {
    let offset = if offset > 0xFFFF { 2 + 3 } else { 2 + 2 };
    offset
        + match data_field - offset {
            0..=0x81 => 2,
            0x82..=0x102 => 3,
            _ => 4,
        }
}

/// UPDATE BINARY of the current file.
///
/// # Errors
/// If the piece is longer than any command can carry.
pub(super) fn update(offset: usize, bytes: &[u8]) -> Result<Command, ApduError> {
    if offset <= GREATEST_SHORT_OFFSET {
        let [.., p1, p2] = offset.to_be_bytes();
        return Command::new(ins::UPDATE_BINARY, p1, p2).data(bytes);
    }
    let digits = offset.to_be_bytes();
    let zeros = digits.iter().take_while(|byte| **byte == 0).count();
    let mut data = Vec::with_capacity(bytes.len() + 16);
    Tlv::new(OFFSET, &digits[zeros..]).encode_to(&mut data);
    Tlv::new(DATA, bytes).encode_to(&mut data);
    Command::new(ins::UPDATE_BINARY_ODD, 0, 0).data(data)
}

/// The content without the zeros at its end, which a new file has anyhow.
pub(super) fn without_trailing_zeros(content: &[u8]) -> &[u8] {
    let last = content.iter().rposition(|byte| *byte != 0);
    &content[..last.map_or(0, |last| last + 1)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn pieces_fill_their_commands() {
        assert!(pieces(0, 255).is_empty());
        assert_eq!(pieces(255, 255).len(), 1);
        assert_eq!(pieces(256, 255), [0..255, 255..256]);
        assert_eq!(pieces(65_535, 65_535).len(), 1);
        let long = pieces(40_000, 255);
        assert_eq!(long[128], 32_640..32_895);
        assert_eq!(long[129], 32_895..33_143);
        let first = update(32_895, &[7; 248]).unwrap();
        assert_eq!(
            (first.ins, first.body().len()),
            (ins::UPDATE_BINARY_ODD, 255)
        );
        assert_eq!(first.body()[..7], [0x54, 2, 0x80, 0x7F, 0x53, 0x81, 0xF8]);
    }

    #[test]
    fn only_zeros_at_the_end_are_left_out() {
        assert_eq!(without_trailing_zeros(&[0, 1, 0, 0]), [0, 1]);
        assert!(without_trailing_zeros(&[0, 0]).is_empty());
    }

    proptest! {
        #[test]
        fn pieces_cover_everything_and_fit(length in 0..70_000_usize, data_field in 16..70_000_usize) {
            let data_field = data_field.min(crate::card::apdu::MAX_DATA);
            let mut at = 0;
            for piece in pieces(length, data_field) {
                prop_assert_eq!(piece.start, at);
                at = piece.end;
                let command = update(piece.start, &vec![1; piece.len()]).unwrap();
                prop_assert!(command.body().len() <= data_field);
            }
            prop_assert_eq!(at, length);
        }
    }
}
