//! The words and signs of a label selector.

/// Signs, longest first where one starts another.
const SIGNS: [(&str, Token); 9] = [
    ("==", Token::DoubleEquals),
    ("!=", Token::NotEquals),
    ("=", Token::Equals),
    ("!", Token::Not),
    ("(", Token::Open),
    (")", Token::Close),
    (",", Token::Comma),
    (">", Token::Greater),
    ("<", Token::Less),
];

/// A piece of a selector.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token {
    Word,
    DoubleEquals,
    NotEquals,
    Equals,
    Not,
    Open,
    Close,
    Comma,
    Greater,
    Less,
    End,
}

/// A token and the text that it was.
pub(super) type Piece<'a> = (Token, &'a str);

/// The pieces of a selector; the last one is [`Token::End`].
pub(super) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text.trim_start_matches(is_space);
    while !rest.is_empty() {
        let (token, length) = next(rest);
        let (literal, after) = rest.split_at(length);
        pieces.push((token, literal));
        rest = after.trim_start_matches(is_space);
    }
    pieces.push((Token::End, ""));
    pieces
}

fn next(text: &str) -> (Token, usize) {
    if let Some((sign, token)) = SIGNS.iter().find(|(sign, _)| text.starts_with(sign)) {
        return (*token, sign.len());
    }
    let end = text.find(|character| is_space(character) || "=!(),><".contains(character));
    (Token::Word, end.unwrap_or(text.len()))
}

fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\r' | '\n')
}
