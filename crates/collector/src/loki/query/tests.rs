use fleetscope_model::{ClusterId, Labels, LogExpression, LogScope, Selection, TimeRange};
use uuid::Uuid;

use super::*;

fn line(cluster: u128, nanos: i128, text: &str) -> LogLine {
    LogLine {
        cluster: ClusterId::new(Uuid::from_u128(cluster)),
        at: Timestamp::from_nanosecond(nanos).unwrap(),
        labels: Labels::new(),
        line: text.to_owned(),
    }
}

fn question(limit: u32, forward: bool, from: Option<LogPlace>) -> LogQuestion {
    let at = |second| Timestamp::from_second(second).unwrap();
    LogQuestion {
        scope: LogScope {
            clusters: Selection::All,
            tenant: None,
            range: TimeRange::new(at(0), at(100)).unwrap(),
        },
        expression: LogExpression::Raw("{a=\"b\"}".to_owned()),
        kind: LogKind::Range { step: None },
        limit,
        forward,
        from,
        budget: 1,
    }
}

/// Pages through the lines of two clusters as callers do: each cluster gives what it is asked for.
fn read_all(lines: &[LogLine], limit: u32, forward: bool) -> Vec<LogLine> {
    let (mut read, mut from) = (Vec::new(), None);
    for _ in 0..200 {
        let question = question(limit, forward, from);
        let told = (1..=2).map(|cluster| {
            let mut own: Vec<LogLine> = lines
                .iter()
                .filter(|line| line.cluster.uuid().as_u128() == cluster)
                .filter(|line| {
                    from.is_none_or(|place: LogPlace| {
                        if forward {
                            line.at >= place.at
                        } else {
                            line.at <= place.at
                        }
                    })
                })
                .cloned()
                .collect();
            own.sort_by_key(|line| line.at);
            if !forward {
                own.reverse();
            }
            let most = asked_for(&question) as usize;
            own.truncate(most);
            // Which of an instant's lines come where an answer is cut is the server's affair.
            let horizon = own.last().map(|line| line.at);
            let horizon = horizon.filter(|_| own.len() >= most);
            Told::Lines(own, horizon)
        });
        let told = Collection {
            items: told.collect(),
            gaps: Vec::new(),
        };
        let answer = join(told, &question).unwrap();
        assert!(answer.lines.len() <= limit as usize);
        read.extend(answer.lines);
        from = answer.next;
        if from.is_none() {
            return read;
        }
    }
    panic!("the pages do not end");
}

#[test]
fn pages_give_every_line_once_also_of_one_instant() {
    let mut lines = Vec::new();
    for n in 0..400 {
        lines.push(line(1 + n % 2, (n / 8) as i128, &format!("line {n}")));
    }
    // One cluster is much busier than the other.
    for n in 400..600 {
        lines.push(line(1, 20 + i128::from(n / 50), &format!("line {n}")));
    }
    for forward in [false, true] {
        for limit in [7, 8, 100, 1000] {
            let read = read_all(&lines, limit, forward);
            assert_eq!(read.len(), lines.len(), "{limit}");
            let sorted = read.windows(2).all(|pair| {
                if forward {
                    pair[0].at <= pair[1].at
                } else {
                    pair[0].at >= pair[1].at
                }
            });
            assert!(sorted);
            let mut texts: Vec<_> = read.iter().map(|line| line.line.as_str()).collect();
            texts.sort_unstable();
            texts.dedup();
            assert_eq!(texts.len(), lines.len());
        }
    }
}
