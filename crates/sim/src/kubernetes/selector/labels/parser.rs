//! From the pieces of a selector to its requirements.

use std::collections::BTreeSet;

use super::lexer::{Piece, Token, pieces};
use super::{Requirement, Test};

const OPERATORS: &str = "in, notin, =, ==, !=, gt, lt";
/// The longest label value, and the longest name in a label key.
const MAX_NAME: usize = 63;
/// The longest prefix of a label key.
const MAX_PREFIX: usize = 253;

/// The requirements of a selector, or the message that tells what is wrong with it.
pub(super) fn requirements(text: &str) -> Result<Vec<Requirement>, String> {
    let mut parser = Parser {
        pieces: pieces(text),
        at: 0,
    };
    parser.all()
}

struct Parser<'a> {
    pieces: Vec<Piece<'a>>,
    at: usize,
}

impl<'a> Parser<'a> {
    fn all(&mut self) -> Result<Vec<Requirement>, String> {
        let mut requirements = Vec::new();
        loop {
            match self.peek() {
                (Token::Word | Token::Not, _) => {}
                (Token::End, _) => return Ok(requirements),
                (_, literal) => {
                    return Err(format!(
                        "found '{literal}', expected: !, identifier, or 'end of string'"
                    ));
                }
            }
            let requirement = self
                .requirement()
                .map_err(|problem| format!("unable to parse requirement: {problem}"))?;
            requirements.push(requirement);
            self.separator()?;
        }
    }

    /// The end, or a comma with another requirement behind it.
    fn separator(&mut self) -> Result<(), String> {
        match self.take() {
            (Token::End, _) => Ok(()),
            (Token::Comma, _) => match self.peek() {
                (Token::Word | Token::Not, _) => Ok(()),
                (_, literal) => Err(format!("found '{literal}', expected: identifier after ','")),
            },
            (_, literal) => Err(format!(
                "found '{literal}', expected: ',' or 'end of string'"
            )),
        }
    }

    fn requirement(&mut self) -> Result<Requirement, String> {
        let negated = self.peek().0 == Token::Not;
        if negated {
            self.take();
        }
        let (token, key) = self.take();
        if token != Token::Word {
            return Err(format!("found '{key}', expected: identifier"));
        }
        check_key(key)?;
        let test = if negated {
            Test::Absent
        } else if matches!(self.peek().0, Token::End | Token::Comma) {
            Test::Exists
        } else {
            self.test(key)?
        };
        Ok(Requirement {
            key: key.to_owned(),
            test,
        })
    }

    fn test(&mut self, key: &str) -> Result<Test, String> {
        match self.take() {
            (Token::Equals | Token::DoubleEquals, _) => Ok(Test::In(self.one(key)?)),
            (Token::NotEquals, _) => Ok(Test::NotIn(self.one(key)?)),
            (Token::Greater, _) => self.bound().map(Test::Above),
            (Token::Less, _) => self.bound().map(Test::Below),
            (Token::Word, "in") => Ok(Test::In(self.several(key)?)),
            (Token::Word, "notin") => Ok(Test::NotIn(self.several(key)?)),
            (_, literal) => Err(format!("found '{literal}', expected: {OPERATORS}")),
        }
    }

    fn one(&mut self, key: &str) -> Result<BTreeSet<String>, String> {
        let value = self.exact()?;
        check_value(key, value)?;
        Ok(BTreeSet::from([value.to_owned()]))
    }

    fn bound(&mut self) -> Result<i64, String> {
        let value = self.exact()?;
        value.parse().map_err(|_| {
            format!(
                "values[0]: Invalid value: \"{value}\": for 'Gt', 'Lt' operators, the value must be an integer"
            )
        })
    }

    /// A single value, which may be empty.
    fn exact(&mut self) -> Result<&'a str, String> {
        if matches!(self.peek().0, Token::End | Token::Comma) {
            return Ok("");
        }
        match self.take() {
            (Token::Word, value) => Ok(value),
            (_, literal) => Err(format!("found '{literal}', expected: identifier")),
        }
    }

    /// Values in parentheses, at least one.
    fn several(&mut self, key: &str) -> Result<BTreeSet<String>, String> {
        let (token, literal) = self.take();
        if token != Token::Open {
            return Err(format!("found '{literal}' expected: '('"));
        }
        let values = self.list(key)?;
        if values.is_empty() {
            return Err(
                "values: Invalid value: []string{}: for 'in', 'notin' operators, values set can't be empty"
                    .to_owned(),
            );
        }
        Ok(values)
    }

    /// Values up to the closing parenthesis. A comma without a value beside it stands for the
    /// empty one.
    fn list(&mut self, key: &str) -> Result<BTreeSet<String>, String> {
        let mut values = BTreeSet::new();
        let mut wants_value = true;
        loop {
            match self.take() {
                (Token::Word, value) if wants_value => {
                    check_value(key, value)?;
                    values.insert(value.to_owned());
                    wants_value = false;
                }
                (Token::Comma, _) => {
                    if wants_value {
                        values.insert(String::new());
                    }
                    wants_value = true;
                }
                (Token::Close, _) => {
                    if wants_value && !values.is_empty() {
                        values.insert(String::new());
                    }
                    return Ok(values);
                }
                (_, literal) => return Err(format!("found '{literal}', expected: ',' or ')'")),
            }
        }
    }

    fn peek(&self) -> Piece<'a> {
        self.pieces
            .get(self.at)
            .copied()
            .unwrap_or((Token::End, ""))
    }

    fn take(&mut self) -> Piece<'a> {
        let piece = self.peek();
        self.at += 1;
        piece
    }
}

fn check_key(key: &str) -> Result<(), String> {
    let (prefix, name) = key.split_once('/').unwrap_or(("", key));
    let prefix_is_well = prefix.len() <= MAX_PREFIX && prefix.bytes().all(is_key_byte);
    if prefix_is_well && !name.is_empty() && is_name(name) && !key.starts_with('/') {
        return Ok(());
    }
    Err(format!(
        "key: Invalid value: \"{key}\": name part must consist of alphanumeric characters, '-', '_' or '.', \
         and must start and end with an alphanumeric character, with an optional DNS subdomain prefix and '/'"
    ))
}

fn check_value(key: &str, value: &str) -> Result<(), String> {
    if is_name(value) {
        return Ok(());
    }
    Err(format!(
        "values[0][{key}]: Invalid value: \"{value}\": a valid label must be an empty string or consist of \
         alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character, \
         and be no more than {MAX_NAME} characters"
    ))
}

fn is_name(name: &str) -> bool {
    let edge = |byte: Option<u8>| byte.is_none_or(|byte| byte.is_ascii_alphanumeric());
    name.len() <= MAX_NAME
        && name.bytes().all(is_key_byte)
        && edge(name.bytes().next())
        && edge(name.bytes().last())
}

fn is_key_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')
}
