//! The only place that asks for the time.

/// Milliseconds since 1970-01-01 UTC; 0 on a clock before that.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the room that the lint points to"
)]
pub fn now_ms() -> i64 {
    let since = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// Milliseconds since the machine was started, without the time when it was suspended.
pub fn monotonic_ms() -> i64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    time.tv_sec * 1000 + time.tv_nsec / 1_000_000
}

/// RFC 3339 in UTC with seconds, such as `2026-11-24T08:00:00Z`.
pub fn rfc3339(ms: i64) -> String {
    jiff::Timestamp::from_second(ms.div_euclid(1000))
        .map_or_else(|_| String::new(), |t| t.to_string())
}

/// A moment in RFC 3339, in milliseconds since 1970.
pub fn parse_rfc3339(text: &str) -> Option<i64> {
    let time: jiff::Timestamp = text.parse().ok()?;
    Some(time.as_millisecond())
}

/// A moment as people give it: RFC 3339, a date or a local time, or a span before now such as `2h`. In milliseconds since
/// 1970.
pub fn parse_since(text: &str) -> Option<i64> {
    if let Some(at_ms) = parse_rfc3339(text) {
        return Some(at_ms);
    }
    let zone = jiff::tz::TimeZone::system();
    if let Ok(local) = text.parse::<jiff::civil::DateTime>() {
        return Some(local.to_zoned(zone).ok()?.timestamp().as_millisecond());
    }
    let span: jiff::Span = text.parse().ok()?;
    let now = jiff::Timestamp::from_millisecond(now_ms()).ok()?;
    let then = now.to_zoned(zone).checked_sub(span.abs()).ok()?;
    Some(then.timestamp().as_millisecond())
}

/// Local time for people, such as `2026-11-27 08:00`.
pub fn local_minutes(ms: i64) -> String {
    local(ms, "%Y-%m-%d %H:%M")
}

/// The same with seconds.
pub fn local_seconds(ms: i64) -> String {
    local(ms, "%Y-%m-%d %H:%M:%S")
}

fn local(ms: i64, format: &str) -> String {
    let Ok(time) = jiff::Timestamp::from_millisecond(ms) else {
        return String::new();
    };
    time.to_zoned(jiff::tz::TimeZone::system())
        .strftime(format)
        .to_string()
}

/// Local time as people say it: `14:02` today, with the date on other days.
pub fn local_moment(ms: i64) -> String {
    let (then, now) = (local_minutes(ms), local_minutes(now_ms()));
    match (then.split_once(' '), now.split_once(' ')) {
        (Some((day, time)), Some((today, _))) if day == today => time.to_owned(),
        _ => then,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_a_time_a_date_or_a_span_before_now() {
        let at = |text| parse_since(text).unwrap();
        assert_eq!(at("2026-11-24T08:00:00+08:00"), at("2026-11-24T00:00:00Z"));
        assert_eq!(at("2026-11-25") - at("2026-11-24"), 24 * 3_600_000);
        assert_eq!(at("2026-11-24T08:00") - at("2026-11-24"), 8 * 3_600_000);
        let hours = |text| (now_ms() - at(text) + 60_000) / 3_600_000;
        assert_eq!(["2h", "2 hours", "1d", "-2h"].map(hours), [2, 2, 24, 2]);
        assert_eq!(
            ["", "yesterday", "2", "2026-13-01"].map(parse_since),
            [None; 4]
        );
    }
}
