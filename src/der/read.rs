//! Reading: a slice of bytes becomes a walk over its data objects, with offsets.

use std::ops::Range;

use super::{Misfit, Tag, TlvError};

/// One data object: where its tag, length and value lie.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Element {
    /// The tag.
    pub tag: Tag,
    /// Offset of the first tag byte.
    pub start: usize,
    /// The length bytes.
    pub length: Range<usize>,
    /// The value bytes; empty at the end of the length when there are none.
    pub value: Range<usize>,
}

impl Element {
    /// Tag, length and value.
    #[must_use]
    pub fn span(&self) -> Range<usize> {
        self.start..self.value.end
    }

    /// The value's bytes in `data`, the slice that the element was read from.
    #[must_use]
    pub fn bytes<'a>(&self, data: &'a [u8]) -> &'a [u8] {
        data.get(self.value.clone()).unwrap_or_default()
    }

    /// The data objects inside the value; a value of a primitive element is read just the same.
    #[must_use]
    pub fn children<'a>(&self, data: &'a [u8]) -> Elements<'a> {
        Elements {
            data,
            at: self.value.start,
            end: self.value.end.min(data.len()),
            parent: Some(self.length.clone()),
        }
    }
}

/// A walk over data objects that lie side by side; it ends after the first error.
#[derive(Clone, Debug)]
pub struct Elements<'a> {
    data: &'a [u8],
    at: usize,
    end: usize,
    parent: Option<Range<usize>>,
}

impl<'a> Elements<'a> {
    /// Walks the outermost level of `data`. A tag byte 00 or FF there starts the padding of the
    /// file and ends the list, as PKCS#15 readers take it.
    #[must_use]
    pub const fn new(data: &'a [u8]) -> Self {
        Self {
            data,
            at: 0,
            end: data.len(),
            parent: None,
        }
    }

    /// Offset of what is read next; after the last element this is where the padding starts.
    #[must_use]
    pub const fn position(&self) -> usize {
        self.at
    }

    fn at_padding(&self) -> bool {
        self.parent.is_none() && matches!(self.data.get(self.at), Some(0x00 | 0xFF))
    }

    fn read(&self) -> Result<Element, TlvError> {
        match header(self.data, self.at, self.end) {
            Ok(element) if element.value.end <= self.end => Ok(element),
            Ok(element) => Err(self.too_long(&element)),
            Err((misfit, length)) => Err(self.error(misfit, self.at, length)),
        }
    }

    fn too_long(&self, element: &Element) -> TlvError {
        let misfit = Misfit::TooLong {
            tag: element.tag,
            announced: element.value.len(),
            available: self.end - element.value.start,
        };
        self.error(misfit, element.start, element.length.clone())
    }

    fn error(&self, misfit: Misfit, tag_at: usize, length: Range<usize>) -> TlvError {
        TlvError {
            misfit,
            tag_at,
            length,
            parent_length: self.parent.clone(),
            frame_end: self.end,
        }
    }
}

impl Iterator for Elements<'_> {
    type Item = Result<Element, TlvError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.at >= self.end || self.at_padding() {
            return None;
        }
        let element = self.read();
        self.at = element.as_ref().map_or(self.end, |it| it.value.end);
        Some(element)
    }
}

/// Reads tag and length at `at`; the value may still reach behind `end`.
fn header(data: &[u8], at: usize, end: usize) -> Result<Element, (Misfit, Range<usize>)> {
    let last = end.saturating_sub(1)..end;
    let frame = data.get(at..end).unwrap_or_default();
    let Some(tag) = Tag::read(frame) else {
        return Err((Misfit::BadTag, last));
    };
    let length_at = at + tag.len();
    let Some(&first) = data.get(length_at).filter(|_| length_at < end) else {
        return Err((Misfit::NoLength { tag }, last));
    };
    let count = usize::from(first & 0x7F);
    if first < 0x80 {
        let start = length_at + 1;
        return Ok(Element {
            tag,
            start: at,
            length: length_at..start,
            value: start..start + usize::from(first),
        });
    }
    match count {
        0 => return Err((Misfit::Indefinite { tag }, length_at..length_at + 1)),
        1..=4 => {}
        _ => return Err((Misfit::HugeLength { tag }, length_at..length_at + 1)),
    }
    let start = length_at + 1 + count;
    let Some(bytes) = data.get(length_at + 1..start).filter(|_| start <= end) else {
        return Err((Misfit::NoLength { tag }, length_at..end));
    };
    let announced = bytes
        .iter()
        .fold(0_usize, |sum, &byte| sum << 8 | usize::from(byte));
    Ok(Element {
        tag,
        start: at,
        length: length_at..start,
        value: start..start.saturating_add(announced),
    })
}

/// Walks every level of `data` and returns where the data objects end and the padding starts.
///
/// Without recursion, in time linear to the data: any depth of nesting is safe.
///
/// # Errors
/// The first place where a data object does not fit. If a chain of nested elements does not fit
/// (as in a file cut short), the innermost of them.
pub fn verify(data: &[u8]) -> Result<usize, TlvError> {
    let mut levels = vec![Elements::new(data)];
    while let Some(level) = levels.last_mut() {
        match level.next() {
            Some(Ok(element)) if element.tag.is_constructed() => {
                let children = element.children(data);
                levels.push(children);
            }
            Some(Ok(_)) => {}
            Some(Err(error)) => return Err(innermost(data, error)),
            None if levels.len() == 1 => break,
            None => {
                levels.pop();
            }
        }
    }
    Ok(levels.first().map_or(0, Elements::position))
}

/// Follows a misfit down into its value, for as long as a child does not fit either.
fn innermost(data: &[u8], mut found: TlvError) -> TlvError {
    while let Misfit::TooLong { tag, .. } = found.misfit
        && tag.is_constructed()
    {
        let children = Elements {
            data,
            at: found.length.end,
            end: found.frame_end,
            parent: Some(found.length.clone()),
        };
        match children.last() {
            Some(Err(inner)) => found = inner,
            _ => break,
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::Tlv;
    use super::*;
    use proptest::prelude::*;

    const CDF: &[u8] = &[
        0x30, 0x2F, 0x30, 0x1A, 0x0C, 0x11, b'D', b'i', b'g', b'i', b't', b'a', b'l', b' ', b'S',
        b'i', b'g', b'n', b'a', b't', b'u', b'r', b'e', 0x03, 0x02, 0x06, 0x40, 0x04, 0x01, 0x01,
        0x30, 0x03, 0x04, 0x01, 0x11, 0xA1, 0x0C, 0x30, 0x0A, 0x30, 0x08, 0x04, 0x06, 0x3F, 0x00,
        0x50, 0x15, 0x45, 0x41,
    ];

    fn broken(at: usize, byte: u8) -> TlvError {
        let mut data = CDF.to_vec();
        data[at] = byte;
        verify(&data).unwrap_err()
    }

    #[test]
    fn the_certificate_directory_of_the_seed_adds_up() {
        assert_eq!(verify(CDF), Ok(CDF.len()));
    }

    #[test]
    fn padding_ends_the_outermost_level() {
        let mut data = CDF.to_vec();
        data.extend([0; 10]);
        assert_eq!(verify(&data), Ok(CDF.len()));
        let mut data = CDF.to_vec();
        data.extend([0xFF; 10]);
        assert_eq!(verify(&data), Ok(CDF.len()));
        assert_eq!(verify(&[]), Ok(0));
    }

    #[test]
    fn a_parent_that_is_too_short_names_the_child_and_the_parent() {
        let error = broken(1, 0x2E);
        assert_eq!((error.length.start, error.frame_end), (42, 48));
        assert_eq!(error.parent_length, Some(40..41));
    }

    #[test]
    fn a_child_that_is_too_long_is_the_innermost_misfit() {
        let error = broken(42, 0x07);
        assert_eq!(error.length, 42..43);
        assert_eq!(error.parent_length, Some(40..41));
        assert_eq!(
            error.to_string(),
            "element 04 announces 7 bytes, but only 6 are left"
        );
    }

    #[test]
    fn a_parent_that_is_too_long_and_whose_children_fit_is_itself_the_misfit() {
        let error = broken(1, 0x30);
        assert_eq!((error.length, error.parent_length), (1..2, None));
    }

    #[test]
    fn indefinite_and_oversized_lengths_are_refused() {
        let misfit = |data: &[u8]| verify(data).unwrap_err().misfit;
        let tag = Tag::SEQUENCE;
        assert_eq!(misfit(&[0x30, 0x80, 0, 0]), Misfit::Indefinite { tag });
        assert_eq!(
            misfit(&[0x30, 0x85, 0, 0, 0, 0, 0]),
            Misfit::HugeLength { tag }
        );
        assert_eq!(misfit(&[0x30]), Misfit::NoLength { tag });
        assert_eq!(misfit(&[0x30, 0x82, 0x01]), Misfit::NoLength { tag });
        assert_eq!(misfit(&[0x7F]), Misfit::BadTag);
    }

    #[test]
    fn three_length_bytes_are_read() {
        let mut data = vec![0x04, 0x83, 0x01, 0x00, 0x00];
        data.resize(5 + 0x1_0000, 0x55);
        assert_eq!(verify(&data), Ok(data.len()));
    }

    #[test]
    fn a_hundred_thousand_levels_are_walked_without_recursion() {
        let data = [0x30, 0x84, 0x7F, 0xFF, 0xFF, 0xFF].repeat(100_000);
        let error = verify(&data).unwrap_err();
        assert_eq!(error.length.end, data.len());
    }

    fn tree() -> impl Strategy<Value = Tlv> {
        let leaf = (0_u8..31, prop::collection::vec(any::<u8>(), 0..300))
            .prop_map(|(number, value)| Tlv::new(Tag::context(number), value));
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop::collection::vec(inner, 0..4)
                .prop_map(|children| Tlv::list(Tag::new(0x7F49), children))
        })
    }

    proptest! {
        #[test]
        fn any_bytes_are_walked_in_order(data in prop::collection::vec(any::<u8>(), 0..200)) {
            match verify(&data) {
                Ok(end) => prop_assert!(end <= data.len()),
                Err(error) => prop_assert!(error.frame_end <= data.len()),
            }
        }

        #[test]
        fn what_is_built_is_read_back(tlv in tree()) {
            let data = tlv.encode();
            prop_assert_eq!(verify(&data), Ok(data.len()));
            let element = Elements::new(&data).next().unwrap().unwrap();
            prop_assert_eq!(element.tag, tlv.tag());
            prop_assert_eq!(element.span(), 0..data.len());
        }
    }
}
