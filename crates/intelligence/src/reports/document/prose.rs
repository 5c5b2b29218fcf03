//! Turning plain sentences, lengths of time and windows into text.

use fleetscope_model::{EvidenceId, TimeRange};
use fleetscope_report::{Span, Text};
use jiff::SignedDuration;

/// `ev-` and sixteen digits, see [`EvidenceId`].
const MARK: &str = "ev-";
const DIGITS: usize = 16;

/// A sentence that names evidence ids, with the ids made citations.
pub(super) fn cited(sentence: &str) -> Text {
    let mut text = Text::new();
    let mut rest = sentence;
    while let Some((before, id, after)) = next_id(rest) {
        if !before.is_empty() {
            text = text.plain(before);
        }
        text = text.and(Span::Cite(id.to_owned()));
        rest = after;
    }
    if rest.is_empty() {
        text
    } else {
        text.plain(rest)
    }
}

/// Citations of these.
pub(super) fn citing(text: Text, evidence: &[EvidenceId]) -> Text {
    text.cite(evidence.iter().map(|id| id.0.clone()))
}

/// `from … to …`.
pub(super) fn window(window: TimeRange) -> Text {
    Text::new()
        .time(window.start)
        .plain(" to ")
        .time(window.end)
}

/// `40 s`, `12 min`, `3 h 20 min`.
pub(super) fn length(length: SignedDuration) -> String {
    let seconds = length.as_secs().abs();
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        _ if seconds % 3_600 < 60 => format!("{} h", seconds / 3_600),
        _ => format!("{} h {} min", seconds / 3_600, seconds % 3_600 / 60),
    }
}

/// A number in a table: four digits that matter.
pub(super) fn number(value: f64) -> String {
    let size = value.abs();
    if value == 0.0 {
        "0".to_owned()
    } else if !(1e-4..1e6).contains(&size) {
        format!("{value:.3e}")
    } else if size >= 1_000.0 {
        format!("{value:.0}")
    } else if size >= 1.0 {
        format!("{value:.2}")
    } else {
        format!("{value:.4}")
    }
}

fn next_id(text: &str) -> Option<(&str, &str, &str)> {
    let mut from = 0;
    while let Some(found) = text.get(from..)?.find(MARK) {
        let start = from + found;
        let end = start + MARK.len() + DIGITS;
        let digits = text.get(start + MARK.len()..end);
        if digits.is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit())) {
            return Some((&text[..start], &text[start..end], &text[end..]));
        }
        from = start + MARK.len();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_in_a_sentence_become_citations() {
        let text =
            cited("prev-release of cart is slow [ev-0123456789abcdef, ev-00112233445566ff].");
        let cite = |id: &str| Span::Cite(id.to_owned());
        let plain = |words: &str| Span::Plain(words.to_owned());
        assert_eq!(
            text.spans,
            [
                plain("prev-release of cart is slow ["),
                cite("ev-0123456789abcdef"),
                plain(", "),
                cite("ev-00112233445566ff"),
                plain("]."),
            ]
        );
    }

    #[test]
    fn a_sentence_without_ids_stays_as_it_is_whatever_it_holds() {
        for sentence in ["", "ev-", "ev-ünicode-ev-0123", "x"] {
            let text = cited(sentence);
            let words: String = text
                .spans
                .iter()
                .map(|span| match span {
                    Span::Plain(words) => words.as_str(),
                    _ => panic!("no citation was expected"),
                })
                .collect();
            assert_eq!(words, sentence);
        }
    }

    #[test]
    fn lengths_and_numbers_are_short() {
        let of = |seconds| length(SignedDuration::from_secs(seconds));
        assert_eq!(of(40), "40 s");
        assert_eq!(of(720), "12 min");
        assert_eq!(of(7_200), "2 h");
        assert_eq!(of(12_000), "3 h 20 min");
        let numbers = [0.0, 0.0123, 3.456, 1_980.4, 5e8, 1e-7].map(number);
        assert_eq!(
            numbers,
            ["0", "0.0123", "3.46", "1980", "5.000e8", "1.000e-7"]
        );
    }
}
