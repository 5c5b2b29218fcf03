//! Words into a search.

use regex::Regex;

use super::lexer::{Token, Word, words};
use super::{Expression, Field, Literal, Operator, Query};

/// Reads a search, or says what is wrong with it in Tempo's words.
pub(in crate::tempo) fn parse(source: &str) -> Result<Query, String> {
    let words = words(source).map_err(|column| {
        format!("parse error at line 1, col {column}: syntax error: unexpected")
    })?;
    let mut parser = Parser { words, next: 0 };
    parser.expect("{")?;
    let filter = if parser.take("}") {
        None
    } else {
        let filter = parser.either()?;
        parser.expect("}")?;
        Some(filter)
    };
    let mut selected = Vec::new();
    while parser.take("|") {
        match parser.peek().clone() {
            Token::Name(name) if name == "select" => {
                parser.next += 1;
                selected.extend(parser.selected()?);
            }
            _ => return Err(parser.unexpected()),
        }
    }
    match parser.peek() {
        Token::End => Ok(Query { filter, selected }),
        _ => Err(parser.unexpected()),
    }
}

/// The field of a tag as the tag endpoints name it; `None` without scope.
pub(in crate::tempo) fn identifier(name: &str) -> Option<Field> {
    field(name)
}

struct Parser {
    words: Vec<Word>,
    next: usize,
}

impl Parser {
    fn either(&mut self) -> Result<Expression, String> {
        let mut left = self.both()?;
        while self.take("||") {
            left = Expression::Or(Box::new(left), Box::new(self.both()?));
        }
        Ok(left)
    }

    fn both(&mut self) -> Result<Expression, String> {
        let mut left = self.one()?;
        while self.take("&&") {
            left = Expression::And(Box::new(left), Box::new(self.one()?));
        }
        Ok(left)
    }

    fn one(&mut self) -> Result<Expression, String> {
        if self.take("(") {
            let inner = self.either()?;
            self.expect(")")?;
            return Ok(inner);
        }
        let Token::Name(name) = self.peek().clone() else {
            return Err(self.unexpected());
        };
        let Some(field) = field(&name) else {
            return Err(self.unexpected());
        };
        self.next += 1;
        let operator = self.operator()?;
        let value = self.literal(operator)?;
        check(&field, &name, operator, &value)?;
        Ok(Expression::Compare {
            field,
            operator,
            value,
        })
    }

    fn operator(&mut self) -> Result<Operator, String> {
        let operator = match self.peek() {
            Token::Mark("=") => Operator::Equal,
            Token::Mark("!=") => Operator::Unequal,
            Token::Mark("<") => Operator::Less,
            Token::Mark("<=") => Operator::LessOrEqual,
            Token::Mark(">") => Operator::Greater,
            Token::Mark(">=") => Operator::GreaterOrEqual,
            Token::Mark("=~") => Operator::Matches,
            Token::Mark("!~") => Operator::MatchesNot,
            _ => return Err(self.unexpected()),
        };
        self.next += 1;
        Ok(operator)
    }

    fn literal(&mut self, operator: Operator) -> Result<Literal, String> {
        let literal = match self.peek().clone() {
            Token::Text(text) => match operator {
                // Patterns are anchored, as Prometheus' are.
                Operator::Matches | Operator::MatchesNot => Regex::new(&format!("^(?:{text})$"))
                    .map(Literal::Pattern)
                    .map_err(|error| format!("error parsing regexp: {error}"))?,
                _ => Literal::Text(text),
            },
            Token::Number(number) => Literal::Number(number),
            Token::Duration(nanos) => Literal::Duration(nanos),
            Token::Name(name) if is_keyword(&name) => Literal::Keyword(name),
            _ => return Err(self.unexpected()),
        };
        self.next += 1;
        Ok(literal)
    }

    fn selected(&mut self) -> Result<Vec<Field>, String> {
        self.expect("(")?;
        let mut fields = Vec::new();
        loop {
            let Token::Name(name) = self.peek().clone() else {
                return Err(self.unexpected());
            };
            fields.push(field(&name).ok_or_else(|| self.unexpected())?);
            self.next += 1;
            if !self.take(",") {
                break;
            }
        }
        self.expect(")")?;
        Ok(fields)
    }

    fn peek(&self) -> &Token {
        self.words
            .get(self.next)
            .map_or(&Token::End, |word| &word.token)
    }

    fn take(&mut self, mark: &'static str) -> bool {
        let found = *self.peek() == Token::Mark(mark);
        self.next += usize::from(found);
        found
    }

    fn expect(&mut self, mark: &'static str) -> Result<(), String> {
        if self.take(mark) {
            Ok(())
        } else {
            Err(self.unexpected())
        }
    }

    fn unexpected(&self) -> String {
        let column = self.words.get(self.next).map_or(1, |word| word.column);
        let shown = self.peek().shown();
        format!("parse error at line 1, col {column}: syntax error: unexpected {shown}")
    }
}

fn field(name: &str) -> Option<Field> {
    Some(match name {
        "name" | "span:name" => Field::Name,
        "duration" | "span:duration" => Field::Duration,
        "status" | "span:status" => Field::Status,
        "statusMessage" | "span:statusMessage" => Field::StatusMessage,
        "kind" | "span:kind" => Field::Kind,
        "rootName" | "trace:rootName" => Field::RootName,
        "rootServiceName" | "rootService" | "trace:rootService" => Field::RootServiceName,
        "traceDuration" | "trace:duration" => Field::TraceDuration,
        _ => {
            let (scope, rest) = name.split_once('.')?;
            let rest = rest.to_owned();
            match scope {
                "" => Field::Any(rest),
                "resource" => Field::Resource(rest),
                "span" => Field::Span(rest),
                "event" => Field::Event(rest),
                _ => return None,
            }
        }
    })
}

fn is_keyword(name: &str) -> bool {
    matches!(
        name,
        "error"
            | "ok"
            | "unset"
            | "server"
            | "client"
            | "internal"
            | "producer"
            | "consumer"
            | "unspecified"
    )
}

/// Intrinsics have a type; attributes take any.
fn check(field: &Field, name: &str, operator: Operator, value: &Literal) -> Result<(), String> {
    let fits = match (field, value) {
        (Field::Duration | Field::TraceDuration, Literal::Duration(_))
        | (Field::Status | Field::Kind, Literal::Keyword(_)) => true,
        (Field::Duration | Field::TraceDuration | Field::Status | Field::Kind, _)
        | (
            Field::Name | Field::StatusMessage | Field::RootName | Field::RootServiceName,
            Literal::Number(_) | Literal::Duration(_) | Literal::Keyword(_),
        ) => false,
        _ => true,
    };
    if fits {
        return Ok(());
    }
    let operator = shown(operator);
    let value = match value {
        Literal::Text(text) | Literal::Keyword(text) => format!("`{text}`"),
        Literal::Pattern(pattern) => format!("`{pattern}`"),
        Literal::Number(number) => number.to_string(),
        Literal::Duration(nanos) => format!("{nanos}ns"),
    };
    Err(format!(
        "binary operations must operate on the same type: {name} {operator} {value}"
    ))
}

const fn shown(operator: Operator) -> &'static str {
    match operator {
        Operator::Equal => "=",
        Operator::Unequal => "!=",
        Operator::Less => "<",
        Operator::LessOrEqual => "<=",
        Operator::Greater => ">",
        Operator::GreaterOrEqual => ">=",
        Operator::Matches => "=~",
        Operator::MatchesNot => "!~",
    }
}
