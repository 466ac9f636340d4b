//! What a step's source consists of, as the macro packs it.

use crate::fingerprint::SourceItem;

/// Ends a label.
const END: u8 = 0xff;

/// The items in the macro's literal: for each, the number of bytes that its label
/// has in common with the one before, the rest of the label, [`END`], the
/// beginning of the hash.
pub(super) fn unpacked(mut packed: &[u8]) -> Vec<SourceItem> {
    let mut items = Vec::new();
    let mut label = Vec::new();
    while let Some((item, rest)) = next(&mut label, packed) {
        items.push(item);
        packed = rest;
    }
    items
}

fn next<'p>(label: &mut Vec<u8>, packed: &'p [u8]) -> Option<(SourceItem, &'p [u8])> {
    let (common, rest) = packed.split_first()?;
    let end = rest.iter().position(|byte| *byte == END)?;
    label.truncate(usize::from(*common));
    label.extend_from_slice(&rest[..end]);
    let (hash, rest) = rest[end + 1..].split_first_chunk()?;
    let item = SourceItem {
        label: String::from_utf8_lossy(label).into_owned(),
        hash: *hash,
    };
    Some((item, rest))
}

#[cfg(test)]
mod tests {
    use super::unpacked;

    #[test]
    fn labels_share_their_beginnings() {
        let packed =
            b"\x00a::f\xff11111111\x03gg\xff22222222\x00\xc3\xa9\xff33333333\x01\xa8\xff44444444";
        let items = unpacked(packed);
        let found: Vec<_> = items.iter().map(|i| (&*i.label, &i.hash)).collect();
        assert_eq!(
            found,
            [
                ("a::f", b"11111111"),
                ("a::gg", b"22222222"),
                ("é", b"33333333"),
                ("è", b"44444444"),
            ]
        );
        assert!(unpacked(b"").is_empty());
    }
}
