//! Reducing log lines to patterns: lines that say the same but for numbers and names become one
//! template. A small form of Drain (He, Zhu, Zheng, Lyu: "Drain: an online log parsing approach
//! with fixed depth tree", ICWS 2017): numbers are masked first, lines are sorted by their number
//! of tokens and their first token, and join the most similar template.

use jiff::Timestamp;

/// What takes the place of a part that varies.
const VARIES: &str = "<*>";

/// Lines are compared up to here; what follows is rarely what distinguishes them.
const LONGEST_LINE: usize = 600;
const MOST_TOKENS: usize = 60;

/// Drain's `st`: from this share of equal tokens on, lines are the same. 0.4 to 0.5 do best in the
/// paper's table; the higher keeps different errors apart.
const SIMILAR: f64 = 0.5;

/// Lines that find no template when there are this many are left out.
const MOST_TEMPLATES: usize = 200;

/// Lines of one shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern {
    pub(super) template: String,
    pub(super) count: u32,
    pub(super) first_at: Timestamp,
    pub(super) example: String,
}

/// The patterns of the lines, the most frequent first; the result does not depend on the order of
/// lines written at different times.
pub(super) fn patterns(mut lines: Vec<(Timestamp, String)>) -> Vec<Pattern> {
    lines.sort();
    let mut groups: Vec<Group> = Vec::new();
    for (at, line) in lines {
        let tokens = tokens(&line);
        if tokens.is_empty() {
            continue;
        }
        let best = groups
            .iter_mut()
            .map(|group| (group.similarity(&tokens), group))
            .filter(|(similarity, _)| *similarity >= SIMILAR)
            .max_by(|(a, _), (b, _)| a.total_cmp(b));
        if let Some((_, group)) = best {
            group.join(&tokens);
        } else if groups.len() < MOST_TEMPLATES {
            groups.push(Group {
                tokens,
                count: 1,
                first_at: at,
                example: line,
            });
        }
    }
    let mut patterns: Vec<Pattern> = groups.into_iter().map(Group::into_pattern).collect();
    patterns.sort_by(|a, b| {
        let most = b.count.cmp(&a.count);
        most.then_with(|| a.first_at.cmp(&b.first_at))
            .then_with(|| a.template.cmp(&b.template))
    });
    patterns
}

struct Group {
    tokens: Vec<String>,
    count: u32,
    first_at: Timestamp,
    example: String,
}

impl Group {
    /// The share of equal tokens; nothing for another number of tokens or another first word.
    fn similarity(&self, tokens: &[String]) -> f64 {
        if self.tokens.len() != tokens.len() || self.tokens.first() != tokens.first() {
            return 0.0;
        }
        let equal = self
            .tokens
            .iter()
            .zip(tokens)
            .filter(|(ours, theirs)| ours == theirs)
            .count();
        equal as f64 / tokens.len() as f64
    }

    fn join(&mut self, tokens: &[String]) {
        self.count = self.count.saturating_add(1);
        for (ours, theirs) in self.tokens.iter_mut().zip(tokens) {
            if ours != theirs {
                VARIES.clone_into(ours);
            }
        }
    }

    fn into_pattern(self) -> Pattern {
        Pattern {
            template: self.tokens.join(" "),
            count: self.count,
            first_at: self.first_at,
            example: self.example,
        }
    }
}

/// The words of a line, with what holds a digit or looks like an identifier masked.
fn tokens(line: &str) -> Vec<String> {
    let cut: String = line.chars().take(LONGEST_LINE).collect();
    cut.split_whitespace()
        .take(MOST_TOKENS)
        .map(masked)
        .collect()
}

/// The token with each part between punctuation masked on its own: `took=35ms` is `took=<*>`.
fn masked(token: &str) -> String {
    let mut out = String::with_capacity(token.len());
    let mut part = String::new();
    for char in token.chars() {
        if is_part(char) {
            part.push(char);
        } else {
            flush(&mut part, &mut out);
            out.push(char);
        }
    }
    flush(&mut part, &mut out);
    out
}

fn flush(part: &mut String, out: &mut String) {
    if part.chars().any(|char| char.is_ascii_digit()) {
        // Neighbouring masks (10.0.0.1:80) say no more than one.
        let joined = out.strip_suffix(':').unwrap_or(out);
        if joined.ends_with(VARIES) {
            out.truncate(joined.len());
        } else {
            out.push_str(VARIES);
        }
    } else {
        out.push_str(part);
    }
    part.clear();
}

/// Characters that hold a name, number, address or instant together.
fn is_part(char: char) -> bool {
    char.is_alphanumeric() || matches!(char, '_' | '-' | '.' | '+' | '%')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn of(lines: &[&str]) -> Vec<(u32, String)> {
        let lines = lines
            .iter()
            .zip(0..)
            .map(|(line, second)| (at(second), (*line).to_owned()));
        let found = patterns(lines.collect()).into_iter();
        found
            .map(|pattern| (pattern.count, pattern.template))
            .collect()
    }

    #[test]
    fn lines_that_differ_in_numbers_and_names_are_one_pattern() {
        let found = of(&[
            "2026-11-22T13:00:00.123Z ERROR timeout after 5000ms calling orders-db for user alice",
            "2026-11-22T13:00:01.456Z ERROR timeout after 5001ms calling orders-db for user bob",
            "2026-11-22T13:00:02.789Z WARN retrying request 77",
        ]);
        let expected = [
            (
                2,
                "<*> ERROR timeout after <*> calling orders-db for user <*>",
            ),
            (1, "<*> WARN retrying request <*>"),
        ];
        assert_eq!(
            found,
            expected.map(|(count, text)| (count, text.to_owned()))
        );
    }

    #[test]
    fn structured_lines_keep_their_keys() {
        let found = of(&[
            r#"{"level":"error","ts":"2026-11-22T13:00:00Z","msg":"no connection","peer":"10.0.0.7:5432"}"#,
            r#"{"level":"error","ts":"2026-11-22T13:00:09Z","msg":"no connection","peer":"10.0.0.8:5432"}"#,
        ]);
        assert_eq!(found.len(), 1);
        assert_eq!(
            found[0].1,
            r#"{"level":"error","ts":"<*>","msg":"no connection","peer":"<*>"}"#
        );
    }

    #[test]
    fn different_errors_stay_apart() {
        assert_eq!(
            of(&["error: disk full on a", "error: permission denied for b"]).len(),
            2
        );
    }

    #[test]
    fn the_first_line_in_time_is_the_example_whatever_the_order() {
        let lines = vec![
            (at(9), "took 9ms".to_owned()),
            (at(3), "took 3ms".to_owned()),
        ];
        let found = patterns(lines);
        assert_eq!(found[0].first_at, at(3));
        assert_eq!(found[0].example, "took 3ms");
        assert_eq!(found[0].count, 2);
    }

    #[test]
    fn hostile_lines_stay_bounded() {
        let lines: Vec<(Timestamp, String)> = (0..1_000)
            .map(|number: i64| {
                let word: String = format!("{number}")
                    .bytes()
                    .map(|digit| char::from(digit - b'0' + b'a'))
                    .collect();
                (at(number), format!("{word} {}", "x ".repeat(10_000)))
            })
            .collect();
        let found = patterns(lines);
        assert_eq!(found.len(), MOST_TEMPLATES);
        assert!(
            found
                .iter()
                .all(|pattern| pattern.template.len() < 3 * LONGEST_LINE)
        );
    }

    #[test]
    fn a_line_without_words_says_nothing() {
        assert_eq!(of(&["", "  ", "x"]), [(1, "x".to_owned())]);
    }
}
