//! Fuzz target: the file of a record, which every member of the repository's group can write.

use super::line::{Unsealed, seal, unseal};
use super::record::{Record, RecordFile};
use super::{DeliveryState, RecordLine};

/// A line that is understood is written as a line that means the same, and is written the same again. A record means the
/// same if all of its lines are written anew.
pub(crate) fn record(data: &[u8]) {
    let mut rewritten = Vec::new();
    for (number, line) in data.split(|byte| *byte == b'\n').enumerate() {
        if number == 0 {
            rewritten.extend_from_slice(line);
        } else {
            rewritten.push(b'\n');
            let first = unseal::<RecordLine>(&mut line.to_vec());
            rewritten.extend_from_slice(&written_again(first).unwrap_or_else(|| line.to_vec()));
        }
    }
    let read = Record::parse("id", data.to_vec());
    let again = Record::parse("id", rewritten);
    assert_eq!(format!("{read:?}"), format!("{again:?}"));
    if let RecordFile::Record(record) = read {
        check(&record);
    }
}

/// The line with its checksum, without its end; `None` for one that is not understood.
fn written_again(line: Unsealed<RecordLine>) -> Option<Vec<u8>> {
    let Unsealed::Intact(line) = line else {
        return None;
    };
    let mut sealed = seal(&line).expect("a line is JSON");
    assert_eq!(sealed.pop(), Some(b'\n'));
    let Unsealed::Intact(again) = unseal::<RecordLine>(&mut sealed.clone()) else {
        unreachable!("a line that was written is understood: {line:?}")
    };
    let twice = seal(&again).expect("a line is JSON");
    assert_eq!(twice.strip_suffix(b"\n"), Some(&sealed[..]));
    let mut changed = sealed.clone();
    changed[sealed.len() / 3] ^= 1;
    let damaged = unseal::<RecordLine>(&mut changed);
    assert!(!matches!(damaged, Unsealed::Intact(_)), "{changed:?}");
    Some(sealed)
}

fn check(record: &Record) {
    let events = record.events.as_ref();
    let planned = events.map_or(0, |events| events.deliveries.len());
    assert_eq!(record.deliveries.len(), planned);
    for delivery in &record.deliveries {
        let ends = delivery.last.is_some();
        assert!(ends || delivery.state == DeliveryState::Pending);
        assert!(delivery.unknowns <= delivery.failures);
        let refs = record.refs(&delivery.planned);
        let most = delivery.planned.events.len() + delivery.planned.rest.len();
        assert!(refs.len() <= most);
    }
    let pending = |state| state == DeliveryState::Pending;
    let waits = record.deliveries.iter().any(|d| pending(d.state));
    assert_eq!(record.is_finished(), record.is_decided() && !waits);
}
