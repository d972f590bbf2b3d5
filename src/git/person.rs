//! Parses authors, committers and taggers: `Name <mail> seconds zone`, also if malformed.

use super::text::Decoder;
use crate::push::Person;

/// Parses the value of an `author`, `committer` or `tagger` header as Git does: the name ends at the first `<`, the mail
/// at the first `>` after it, the time follows the last `>`. Also returns whether decoding lost something.
pub(super) fn parse(line: &[u8], decoder: Decoder) -> (Person, bool) {
    let open = line.iter().position(|b| *b == b'<');
    let name = line[..open.unwrap_or(line.len())].trim_ascii();
    let after = open.map_or(&[][..], |open| &line[open + 1..]);
    let mail = &after[..after.iter().position(|b| *b == b'>').unwrap_or(after.len())];
    let date = line
        .iter()
        .rposition(|b| *b == b'>')
        .and_then(|at| rfc_3339(&line[at + 1..]));
    let ((name, lossy_name), (email, lossy_mail)) = (decoder.name(name), decoder.name(mail));
    (Person { name, email, date }, lossy_name || lossy_mail)
}

/// The seconds since 1970 in such a value; 0 if there are none, as in Git.
pub(super) fn seconds(line: &[u8]) -> i64 {
    let at = line
        .iter()
        .rposition(|b| *b == b'>')
        .map_or(line.len(), |at| at + 1);
    parse_time(&line[at..]).map_or(0, |(seconds, _)| seconds)
}

/// Parses ` 1714521600 +0800`; the zone is in minutes, `None` if invalid.
fn parse_time(text: &[u8]) -> Option<(i64, Option<i32>)> {
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

/// RFC 3339 with the offset; UTC if the zone is invalid; `None` if the time is invalid or outside the years 0 to 9999.
fn rfc_3339(text: &[u8]) -> Option<String> {
    let (seconds, zone) = parse_time(text)?;
    let seconds = seconds.checked_add(i64::from(zone.unwrap_or(0)) * 60)?;
    let epoch = jiff::civil::date(1970, 1, 1).to_datetime(jiff::civil::Time::midnight());
    let time = epoch
        .checked_add(jiff::SignedDuration::from_secs(seconds))
        .ok()
        .filter(|time| time.year() >= 0)?;
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
    fn the_offset_is_that_of_the_author() {
        let date = |zone: &str| read(&format!("A <a@b> 1714521600 {zone}")).2;
        assert_eq!(date("+0800").as_deref(), Some("2024-05-01T08:00:00+08:00"));
        assert_eq!(date("-0330").as_deref(), Some("2024-04-30T20:30:00-03:30"));
        assert_eq!(date("+1400").as_deref(), Some("2024-05-01T14:00:00+14:00"));
        assert_eq!(date("-0000").as_deref(), Some("2024-05-01T00:00:00+00:00"));
    }

    #[test]
    fn an_invalid_zone_means_utc_and_an_invalid_time_means_none() {
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
        assert_eq!(
            read("A <a@b> 253402300799 +0000").2.as_deref(),
            Some("9999-12-31T23:59:59+00:00")
        );
        assert_eq!(read("A <a@b> 253402300799 +0100").2, None);
        for broken in ["99999999999999999999 +0000", "253402300800 +0000", "x", ""] {
            assert_eq!(read(&format!("A <a@b> {broken}")).2, None, "{broken}");
        }
    }

    #[test]
    fn malformed_names_are_parsed() {
        let name_and_mail = |line: &str| (read(line).0, read(line).1);
        assert_eq!(
            name_and_mail("Only Name"),
            ("Only Name".into(), String::new())
        );
        assert_eq!(
            name_and_mail("<a@b> 1 +0000"),
            (String::new(), "a@b".into())
        );
        assert_eq!(
            name_and_mail("A <> B <a@b> 1 +0000"),
            ("A".into(), String::new())
        );
        assert_eq!(
            name_and_mail("\"Q\" O'X <a b@c d> 1 +0000"),
            ("\"Q\" O'X".into(), "a b@c d".into())
        );
        assert_eq!(
            name_and_mail("A <unclosed"),
            ("A".into(), "unclosed".into())
        );
        assert_eq!(name_and_mail(""), (String::new(), String::new()));
    }
}
