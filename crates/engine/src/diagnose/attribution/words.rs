//! Words of code, paths, log lines and signal names, made comparable.
//!
//! `catalogItems`, `catalog_items` and `catalog-item` become the same two words. A few endings are
//! taken off, so that `retries` meets `retry` and `throttled` meets `throttle`.

use std::collections::BTreeSet;

/// Words shorter than this tell nothing.
const SHORTEST: usize = 3;
/// At most so many words of one text: a bound on work, not a judgement.
const MOST: usize = 4000;

/// The distinct words of a text.
pub(crate) fn words(text: &str) -> BTreeSet<String> {
    split(text)
        .take(MOST)
        .filter(|word| word.len() >= SHORTEST && !is_plain(word))
        .map(|word| stem(&word))
        .collect()
}

/// The lower-case pieces of a text in their order, plain words and short ones among them.
pub(crate) fn split(text: &str) -> impl Iterator<Item = String> {
    let mut pieces = Vec::new();
    for run in text.split(|c: char| !c.is_ascii_alphabetic()) {
        humps(run, &mut pieces);
    }
    pieces.into_iter()
}

/// `getHTTPBody` in its three words.
fn humps(run: &str, pieces: &mut Vec<String>) {
    let letters: Vec<char> = run.chars().collect();
    let mut word = String::new();
    for (i, letter) in letters.iter().enumerate() {
        let after_small = i > 0 && letters[i - 1].is_ascii_lowercase();
        let before_small = letters.get(i + 1).is_some_and(char::is_ascii_lowercase);
        if letter.is_ascii_uppercase() && !word.is_empty() && (after_small || before_small) {
            pieces.push(std::mem::take(&mut word));
        }
        word.push(letter.to_ascii_lowercase());
    }
    if !word.is_empty() {
        pieces.push(word);
    }
}

/// The word without a plural's or a participle's ending.
pub(crate) fn stem(word: &str) -> String {
    let long = word.len() > 4;
    if let Some(base) = word.strip_suffix("ies").filter(|_| long) {
        return format!("{base}y");
    }
    for ending in ["ing", "ion", "ed", "es", "er", "s", "e"] {
        if let Some(base) = word.strip_suffix(ending)
            && base.len() >= 4
            && !base.ends_with('s')
        {
            return base.trim_end_matches('e').to_owned();
        }
    }
    word.to_owned()
}

/// Words of every language and every program, which point at nothing.
fn is_plain(word: &str) -> bool {
    const PLAIN: [&str; 62] = [
        "and", "any", "args", "async", "await", "bool", "byte", "case", "class", "const", "ctx",
        "def", "defer", "else", "err", "error", "errors", "false", "float", "for", "from", "func",
        "function", "get", "has", "import", "info", "int", "into", "len", "let", "log", "make",
        "map", "msg", "name", "new", "nil", "none", "not", "null", "out", "package", "private",
        "public", "range", "req", "request", "res", "return", "self", "set", "static", "string",
        "struct", "the", "this", "true", "type", "var", "void", "with",
    ];
    PLAIN.contains(&word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_words_are_found_in_code_paths_and_lines() {
        let code = words("row := c.GetCatalogItems(orderID)");
        let table = words("SELECT * FROM catalog_items");
        assert!(code.contains("catalog") && table.contains("catalog"));
        let shared: Vec<&String> = code.intersection(&table).collect();
        assert_eq!(shared.len(), 2, "{shared:?}");
        assert_eq!(stem("retries"), stem("retry"));
        assert_eq!(stem("throttled"), stem("throttle"));
        assert_eq!(stem("batches"), stem("batch"));
    }

    #[test]
    fn short_and_plain_words_are_no_words() {
        assert!(words("if err != nil { return nil, err } // to it").is_empty());
    }

    #[test]
    fn letters_of_other_scripts_do_no_harm() {
        assert!(words("größe 数据库 ñ").len() <= 2);
    }
}
