//! Authors, committers and taggers: `Name <mail> seconds zone`, as it stands in the object and however broken it is.

use super::text::Decoder;
use crate::push::Person;

/// Reads the value of an `author`, `committer` or `tagger` header as Git does: the name ends at the first `<`, the mail
/// at the first `>` after it, the time follows the last `>`. The flag says whether decoding lost something.
pub(super) fn parse(line: &[u8], decoder: Decoder) -> (Person, bool) {
    let open = line.iter().position(|b| *b == b'<');
    let name = line[..open.unwrap_or(line.len())].trim_ascii();
    let after = open.map_or(&[][..], |open| &line[open + 1..]);
    let mail = &after[..after.iter().position(|b| *b == b'>').unwrap_or(after.len())];
    let date = line
        .iter()
        .rposition(|b| *b == b'>')
        .and_then(|at| date(&line[at + 1..]));
    let ((name, lossy_name), (email, lossy_mail)) = (decoder.name(name), decoder.name(mail));
    (Person { name, email, date }, lossy_name || lossy_mail)
}

/// The seconds since 1970 of such a line; 0 when there are none, as Git takes it.
pub(super) fn seconds(line: &[u8]) -> i64 {
    let at = line
        .iter()
        .rposition(|b| *b == b'>')
        .map_or(line.len(), |at| at + 1);
    stamp(&line[at..]).map_or(0, |(seconds, _)| seconds)
}

/// ` 1714521600 +0800` as its two numbers; the zone as minutes, `None` when it is none that a clock can show.
fn stamp(text: &[u8]) -> Option<(i64, Option<i32>)> {
    let mut words = text
        .split(u8::is_ascii_whitespace)
        .filter(|w| !w.is_empty());
    let seconds = std::str::from_utf8(words.next()?).ok()?.parse().ok()?;
    let zone = words
        .next()
        .and_then(|w| std::str::from_utf8(w).ok())
        .and_then(zone_minutes);
    Some((seconds, zone))
}

fn zone_minutes(zone: &str) -> Option<i32> {
    let digits = zone.strip_prefix(['+', '-'])?;
    if digits.len() != 4 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let (hours, minutes): (i32, i32) = (digits[..2].parse().ok()?, digits[2..].parse().ok()?);
    let total = hours * 60 + minutes;
    (hours < 24 && minutes < 60).then_some(if zone.starts_with('-') { -total } else { total })
}

/// RFC 3339 with the offset; UTC when the zone is broken; `None` when the time is, or lies outside the years 0 to 9999.
fn date(text: &[u8]) -> Option<String> {
    let (seconds, zone) = stamp(text)?;
    let offset = jiff::tz::Offset::from_seconds(zone.unwrap_or(0) * 60).ok()?;
    let time = offset.to_datetime(jiff::Timestamp::from_second(seconds).ok()?);
    if !(0..=9999).contains(&time.year()) {
        return None;
    }
    let (sign, minutes) = (
        if zone < Some(0) && zone.is_some() {
            '-'
        } else {
            '+'
        },
        zone.unwrap_or(0).abs(),
    );
    Some(format!(
        "{}{sign}{:02}:{:02}",
        time.strftime("%Y-%m-%dT%H:%M:%S"),
        minutes / 60,
        minutes % 60
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> (String, String, Option<String>) {
        let person = parse(line.as_bytes(), Decoder::new(None)).0;
        (person.name, person.email, person.date)
    }

    #[test]
    fn the_offset_is_the_authors() {
        let date = |zone: &str| read(&format!("A <a@b> 1714521600 {zone}")).2;
        assert_eq!(date("+0800").as_deref(), Some("2024-05-01T08:00:00+08:00"));
        assert_eq!(date("-0330").as_deref(), Some("2024-04-30T20:30:00-03:30"));
        assert_eq!(date("+1400").as_deref(), Some("2024-05-01T14:00:00+14:00"));
        assert_eq!(date("-0000").as_deref(), Some("2024-05-01T00:00:00+00:00"));
    }

    #[test]
    fn a_broken_zone_leaves_the_time_and_a_broken_time_leaves_none() {
        assert_eq!(
            read("A <a@b> 1714521600 PDT").2.as_deref(),
            Some("2024-05-01T00:00:00+00:00")
        );
        assert_eq!(
            read("A <a@b> 1714521600 +9999").2.as_deref(),
            Some("2024-05-01T00:00:00+00:00")
        );
        assert_eq!(
            read("A <a@b> -1 +0000").2.as_deref(),
            Some("1969-12-31T23:59:59+00:00")
        );
        assert_eq!(
            read("A <a@b> 4289520600 +0000").2.as_deref(),
            Some("2105-12-06T05:30:00+00:00")
        );
        for broken in ["99999999999999999999 +0000", "253402300800 +0000", "x", ""] {
            assert_eq!(read(&format!("A <a@b> {broken}")).2, None, "{broken}");
        }
    }

    #[test]
    fn odd_names_never_fail() {
        let of = |line: &str| (read(line).0, read(line).1);
        assert_eq!(of("Only Name"), ("Only Name".into(), String::new()));
        assert_eq!(of("<a@b> 1 +0000"), (String::new(), "a@b".into()));
        assert_eq!(of("A <> B <a@b> 1 +0000"), ("A".into(), String::new()));
        assert_eq!(
            of("\"Q\" O'X <a b@c d> 1 +0000"),
            ("\"Q\" O'X".into(), "a b@c d".into())
        );
        assert_eq!(of("A <unclosed"), ("A".into(), "unclosed".into()));
        assert_eq!(of(""), (String::new(), String::new()));
    }
}
