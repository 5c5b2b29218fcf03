//! Words into a query.

use regex::Regex;

use super::lexer::{Token, Word, words};
use super::{
    Aggregation, Function, Grouping, LabelFilter, LineFilter, LogQuery, Matcher, Metric, Order,
    Query, Stage, Test,
};
use crate::loki::Refusal;

/// Reads a query, or says what is wrong with it in Loki's words.
pub(in crate::loki) fn parse(source: &str) -> Result<Query, Refusal> {
    let mut parser = Parser::new(source)?;
    let query = if *parser.peek() == Token::Mark("{") {
        Query::Log(parser.log()?)
    } else {
        Query::Metric(parser.metric()?)
    };
    parser.end()?;
    Ok(query)
}

/// Reads a query that must be one of lines.
pub(in crate::loki) fn log(source: &str) -> Result<LogQuery, Refusal> {
    let mut parser = Parser::new(source)?;
    let log = parser.log()?;
    parser.end()?;
    Ok(log)
}

struct Parser {
    words: Vec<Word>,
    next: usize,
}

impl Parser {
    fn new(source: &str) -> Result<Self, Refusal> {
        if source.trim().is_empty() {
            return Err(Refusal::new("parse error : syntax error: unexpected $end"));
        }
        Ok(Self {
            words: words(source)?,
            next: 0,
        })
    }

    fn log(&mut self) -> Result<LogQuery, Refusal> {
        self.expect("{")?;
        let mut matchers = Vec::new();
        while !self.take("}") {
            matchers.push(self.matcher()?);
            if !self.take(",") && *self.peek() != Token::Mark("}") {
                return Err(Refusal(format!(
                    "{}, expecting }} or ,",
                    self.unexpected().0
                )));
            }
        }
        let narrow = |matcher: &Matcher| match &matcher.test {
            Test::Equal(text) => !text.is_empty(),
            Test::Matches(pattern) => !pattern.is_match(""),
            Test::Unequal(_) | Test::MatchesNot(_) => false,
        };
        if !matchers.iter().any(narrow) {
            return Err(Refusal::new(
                "parse error : queries require at least one regexp or equality matcher that does not have an empty-compatible value. For instance, app=~\".*\" does not meet this requirement, but app=~\".+\" will",
            ));
        }
        let mut stages = Vec::new();
        while let Some(stage) = self.stage()? {
            stages.push(stage);
        }
        Ok(LogQuery { matchers, stages })
    }

    fn matcher(&mut self) -> Result<Matcher, Refusal> {
        let name = self.name()?;
        let test = self.test()?;
        Ok(Matcher { name, test })
    }

    fn test(&mut self) -> Result<Test, Refusal> {
        let operator = match self.peek() {
            Token::Mark(mark @ ("=" | "!=" | "=~" | "!~")) => *mark,
            _ => return Err(self.unexpected()),
        };
        self.next += 1;
        let text = self.text()?;
        Ok(match operator {
            "=" => Test::Equal(text),
            "!=" => Test::Unequal(text),
            "=~" => Test::Matches(anchored(&text)?),
            _ => Test::MatchesNot(anchored(&text)?),
        })
    }

    fn stage(&mut self) -> Result<Option<Stage>, Refusal> {
        let filter = match self.peek() {
            Token::Mark(mark @ ("|=" | "!=" | "|~" | "!~")) => *mark,
            Token::Mark("|") => {
                self.next += 1;
                return self.piped().map(Some);
            }
            _ => return Ok(None),
        };
        self.next += 1;
        let text = self.text()?;
        Ok(Some(Stage::Line(match filter {
            "|=" => LineFilter::Contains(text),
            "!=" => LineFilter::ContainsNot(text),
            "|~" => LineFilter::Matches(pattern(&text)?),
            _ => LineFilter::MatchesNot(pattern(&text)?),
        })))
    }

    fn piped(&mut self) -> Result<Stage, Refusal> {
        match self.peek() {
            Token::Name(name) if name == "json" => {
                self.next += 1;
                Ok(Stage::Json)
            }
            Token::Name(name) if name == "logfmt" => {
                self.next += 1;
                Ok(Stage::Logfmt)
            }
            _ => self.label_filter().map(Stage::Label),
        }
    }

    fn label_filter(&mut self) -> Result<LabelFilter, Refusal> {
        let mut left = self.one_label_filter()?;
        loop {
            let or = *self.peek() == Token::Name("or".to_owned());
            let and = *self.peek() == Token::Name("and".to_owned());
            if !or && !and && *self.peek() != Token::Mark(",") {
                return Ok(left);
            }
            self.next += 1;
            let right = Box::new(self.one_label_filter()?);
            left = if or {
                LabelFilter::Or(Box::new(left), right)
            } else {
                LabelFilter::And(Box::new(left), right)
            };
        }
    }

    fn one_label_filter(&mut self) -> Result<LabelFilter, Refusal> {
        if self.take("(") {
            let inner = self.label_filter()?;
            self.expect(")")?;
            return Ok(inner);
        }
        let name = self.name()?;
        let order = match self.peek() {
            Token::Mark("<") => Order::Less,
            Token::Mark("<=") => Order::LessOrEqual,
            Token::Mark(">") => Order::Greater,
            Token::Mark(">=") => Order::GreaterOrEqual,
            Token::Mark("==") => Order::Equal,
            Token::Mark("=" | "!=") if self.number_follows() => {
                if *self.peek() == Token::Mark("=") {
                    Order::Equal
                } else {
                    Order::Unequal
                }
            }
            _ => {
                return Ok(LabelFilter::Text(Matcher {
                    test: self.test()?,
                    name,
                }));
            }
        };
        self.next += 1;
        let (value, duration) = match self.peek() {
            Token::Number(number) => (*number, false),
            Token::Duration(nanos) => (*nanos, true),
            _ => return Err(self.unexpected()),
        };
        self.next += 1;
        Ok(LabelFilter::Number {
            name,
            order,
            value,
            duration,
        })
    }

    fn number_follows(&self) -> bool {
        let after = self.words.get(self.next + 1).map(|word| &word.token);
        matches!(after, Some(Token::Number(_) | Token::Duration(_)))
    }

    fn metric(&mut self) -> Result<Metric, Refusal> {
        let Token::Name(name) = self.peek().clone() else {
            return Err(self.unexpected());
        };
        if let Some(function) = function(&name) {
            self.next += 1;
            return self.range(function);
        }
        if name == "topk" || name == "bottomk" {
            self.next += 1;
            return self.best(name == "bottomk");
        }
        let Some(operation) = aggregation(&name) else {
            return Err(self.unexpected());
        };
        self.next += 1;
        let mut grouping = self.grouping()?;
        self.expect("(")?;
        let inner = Box::new(self.metric()?);
        self.expect(")")?;
        if grouping.is_none() {
            grouping = self.grouping()?;
        }
        Ok(Metric::Aggregate {
            operation,
            grouping: grouping.unwrap_or_default(),
            inner,
        })
    }

    fn range(&mut self, function: Function) -> Result<Metric, Refusal> {
        self.expect("(")?;
        let log = self.log()?;
        self.expect("[")?;
        let Token::Duration(nanos) = *self.peek() else {
            return Err(self.unexpected());
        };
        self.next += 1;
        self.expect("]")?;
        self.expect(")")?;
        Ok(Metric::Range {
            function,
            log,
            nanos: nanos as i64,
        })
    }

    fn best(&mut self, smallest: bool) -> Result<Metric, Refusal> {
        self.expect("(")?;
        let Token::Number(count) = *self.peek() else {
            return Err(self.unexpected());
        };
        self.next += 1;
        self.expect(",")?;
        let inner = Box::new(self.metric()?);
        self.expect(")")?;
        Ok(Metric::Best {
            count: count.max(0.0) as usize,
            smallest,
            inner,
        })
    }

    fn grouping(&mut self) -> Result<Option<Grouping>, Refusal> {
        let without = match self.peek() {
            Token::Name(name) if name == "by" => false,
            Token::Name(name) if name == "without" => true,
            _ => return Ok(None),
        };
        self.next += 1;
        self.expect("(")?;
        let mut labels = Vec::new();
        while !self.take(")") {
            labels.push(self.name()?);
            if !self.take(",") {
                self.expect(")")?;
                break;
            }
        }
        Ok(Some(Grouping { without, labels }))
    }

    fn name(&mut self) -> Result<String, Refusal> {
        let Token::Name(name) = self.peek().clone() else {
            return Err(self.unexpected());
        };
        self.next += 1;
        Ok(name)
    }

    fn text(&mut self) -> Result<String, Refusal> {
        let Token::Text(text) = self.peek().clone() else {
            return Err(self.unexpected());
        };
        self.next += 1;
        Ok(text)
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

    fn expect(&mut self, mark: &'static str) -> Result<(), Refusal> {
        if self.take(mark) {
            Ok(())
        } else {
            Err(self.unexpected())
        }
    }

    fn end(&self) -> Result<(), Refusal> {
        if *self.peek() == Token::End {
            Ok(())
        } else {
            Err(self.unexpected())
        }
    }

    fn unexpected(&self) -> Refusal {
        let column = self.words.get(self.next).map_or(1, |word| word.column);
        let shown = self.peek().shown();
        Refusal(format!(
            "parse error at line 1, col {column}: syntax error: unexpected {shown}"
        ))
    }
}

fn function(name: &str) -> Option<Function> {
    Some(match name {
        "count_over_time" => Function::Count,
        "rate" => Function::Rate,
        "bytes_over_time" => Function::Bytes,
        "bytes_rate" => Function::BytesRate,
        _ => return None,
    })
}

fn aggregation(name: &str) -> Option<Aggregation> {
    Some(match name {
        "sum" => Aggregation::Sum,
        "avg" => Aggregation::Average,
        "min" => Aggregation::Least,
        "max" => Aggregation::Most,
        "count" => Aggregation::Count,
        _ => return None,
    })
}

fn anchored(text: &str) -> Result<Regex, Refusal> {
    pattern(text)?;
    pattern(&format!("^(?:{text})$"))
}

/// The message names what Go's `regexp` would; the reason is this library's own.
fn pattern(text: &str) -> Result<Regex, Refusal> {
    Regex::new(text).map_err(|error| {
        let unclosed = text.matches('(').count() > text.matches(')').count();
        let reason = if unclosed {
            "missing closing )".to_owned()
        } else {
            let last = error.to_string();
            last.lines()
                .last()
                .unwrap_or_default()
                .trim_start_matches("error: ")
                .to_owned()
        };
        Refusal(format!(
            "parse error : error parsing regexp: {reason}: `{text}`"
        ))
    })
}
