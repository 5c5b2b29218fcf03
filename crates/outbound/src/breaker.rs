//! Endpoints that do not answer are left alone for a while, so that each question about the fleet
//! does not wait for them anew.
//!
//! Closed, until [`FAILURES`] calls in a row got no answer. Then open: calls fail at once, without
//! a connection. When the wait is over, one caller at a time knocks: any answer closes it again.
//! Waits double, so that a dead cluster costs little, up to [`LONGEST`], so that one that comes
//! back is read again within ten seconds.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use fleetscope_model::{ClusterId, Source};
use tokio::time::Instant;

/// How many calls in a row have to go unanswered. One is an accident, and three within a watch's
/// round cost no more than three time limits.
const FAILURES: u32 = 3;

/// The first wait.
const FIRST: Duration = Duration::from_secs(1);

/// The longest wait. With a tenth of jitter on top and the time of a knock it stays below the ten
/// seconds within which an endpoint that came back is to be read.
const LONGEST: Duration = Duration::from_secs(6);

/// How long a knock may take: an endpoint that needs longer for an empty answer is no help yet.
pub(crate) const KNOCK: Duration = Duration::from_secs(2);

/// How long an endpoint that is no longer asked is remembered.
const FORGOTTEN: Duration = Duration::from_mins(15);

/// One endpoint: a changed address is another one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) cluster: ClusterId,
    pub(crate) source: Source,
    pub(crate) place: Arc<str>,
}

/// What a call may do now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Pass {
    /// Go on.
    Go,
    /// Knock first.
    Knock,
    /// Fail at once.
    Rest(Rest),
}

/// An endpoint that is left alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rest {
    /// For how long there has been no answer.
    pub(crate) silent: Duration,
    /// When it is tried again.
    pub(crate) again: Duration,
    /// What it failed at last.
    pub(crate) why: String,
}

/// What the end of a call changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    Opened,
    Closed,
}

#[derive(Debug)]
struct Trouble {
    failures: u32,
    /// How often it was left alone since it last answered a question.
    waits: u32,
    since: Instant,
    last: Instant,
    why: String,
    /// Set while open: when the next caller may knock, and how long the wait was.
    open: Option<(Instant, Duration)>,
}

/// All endpoints in trouble; the others need no entry.
#[derive(Debug)]
pub(crate) struct Breakers {
    troubles: Mutex<HashMap<Key, Trouble>>,
    dice: Mutex<u64>,
}

impl Breakers {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            troubles: Mutex::default(),
            dice: Mutex::new(seed | 1),
        }
    }

    /// What a call beginning now may do. Of those that find the wait over, the first may knock,
    /// and the wait begins anew for the others.
    pub(crate) fn ask(&self, key: &Key, now: Instant) -> Pass {
        let mut troubles = self.troubles();
        let Some(trouble) = troubles.get_mut(key) else {
            return Pass::Go;
        };
        let Some((until, wait)) = trouble.open else {
            return Pass::Go;
        };
        if now >= until {
            trouble.open = Some((now + wait.max(KNOCK), wait));
            return Pass::Knock;
        }
        Pass::Rest(Rest {
            silent: now.duration_since(trouble.since),
            again: until.duration_since(now),
            why: trouble.why.clone(),
        })
    }

    /// The endpoint answered, with whatever. After a knock one failure more opens it again, as
    /// answering the door says little about answering questions.
    pub(crate) fn answered(&self, key: &Key, knocked: bool) -> Option<Change> {
        let mut troubles = self.troubles();
        if knocked {
            let trouble = troubles.get_mut(key)?;
            trouble.failures = FAILURES - 1;
            return trouble.open.take().map(|_| Change::Closed);
        }
        let trouble = troubles.remove(key)?;
        trouble.open.map(|_| Change::Closed)
    }

    /// The endpoint gave no answer, to a call or a knock, for this reason.
    pub(crate) fn silent(
        &self,
        key: &Key,
        knocked: bool,
        why: &str,
        now: Instant,
    ) -> Option<Change> {
        let jitter = 1.0 + self.fraction() / 10.0;
        let mut troubles = self.troubles();
        if !troubles.contains_key(key) {
            troubles.retain(|_, t| now.duration_since(t.last) < FORGOTTEN);
        }
        let trouble = troubles.entry(key.clone()).or_insert(Trouble {
            failures: 0,
            waits: 0,
            since: now,
            last: now,
            why: String::new(),
            open: None,
        });
        // A call that began before it opened says nothing new.
        if trouble.open.is_some() && !knocked {
            return None;
        }
        trouble.failures = trouble.failures.saturating_add(1);
        trouble.last = now;
        why.clone_into(&mut trouble.why);
        if trouble.failures < FAILURES {
            return None;
        }
        let wait = (FIRST * 2_u32.pow(trouble.waits.min(8))).min(LONGEST);
        let wait = wait.mul_f64(jitter);
        trouble.waits += 1;
        let before = trouble.open.replace((now + wait, wait));
        before.is_none().then_some(Change::Opened)
    }

    /// How many are open.
    pub(crate) fn open(&self) -> usize {
        let troubles = self.troubles();
        troubles.values().filter(|t| t.open.is_some()).count()
    }

    /// A number from 0 to 1, so that many that fell silent together are not tried together.
    pub(crate) fn fraction(&self) -> f64 {
        let mut dice = self.dice.lock().unwrap_or_else(PoisonError::into_inner);
        // xorshift64*, Vigna 2014: all that jitter needs.
        *dice ^= *dice >> 12;
        *dice ^= *dice << 25;
        *dice ^= *dice >> 27;
        let bits = dice.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11;
        bits as f64 / (1_u64 << 53) as f64
    }

    fn troubles(&self) -> std::sync::MutexGuard<'_, HashMap<Key, Trouble>> {
        self.troubles.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> Key {
        Key {
            cluster: ClusterId::new(uuid::Uuid::from_u128(1)),
            source: Source::Prometheus,
            place: "prometheus:9090".into(),
        }
    }

    fn broken(breakers: &Breakers, now: Instant) {
        for n in 1..=FAILURES {
            assert_eq!(breakers.ask(&key(), now), Pass::Go);
            let opened = (n == FAILURES).then_some(Change::Opened);
            assert_eq!(breakers.silent(&key(), false, "late", now), opened);
        }
    }

    /// When the next knock is let through, asked every tenth of a second.
    fn next_knock(breakers: &Breakers, now: &mut Instant) -> Duration {
        let start = *now;
        loop {
            match breakers.ask(&key(), *now) {
                Pass::Knock => return now.duration_since(start),
                Pass::Rest(_) => *now += Duration::from_millis(100),
                Pass::Go => panic!("closed"),
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn three_failures_in_a_row_open_it_and_two_do_not() {
        let (breakers, now) = (Breakers::new(1), Instant::now());
        for _ in 0..10 {
            breakers.silent(&key(), false, "late", now);
            breakers.silent(&key(), false, "late", now);
            assert_eq!(breakers.answered(&key(), false), None);
            assert_eq!(breakers.ask(&key(), now), Pass::Go);
        }
        broken(&breakers, now);
        let later = now + Duration::from_millis(400);
        let Pass::Rest(rest) = breakers.ask(&key(), later) else {
            panic!("not open")
        };
        assert_eq!((rest.silent, rest.why.as_str()), (later - now, "late"));
        assert!(
            rest.again >= Duration::from_millis(600) && rest.again <= Duration::from_millis(700)
        );
        assert_eq!(breakers.open(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn waits_double_up_to_the_longest_and_one_caller_knocks() {
        let (breakers, mut now) = (Breakers::new(7), Instant::now());
        broken(&breakers, now);
        let mut waits = Vec::new();
        for _ in 0..6 {
            waits.push(next_knock(&breakers, &mut now).as_secs_f64());
            for _ in 0..50 {
                assert!(matches!(breakers.ask(&key(), now), Pass::Rest(_)));
            }
            assert_eq!(breakers.silent(&key(), true, "late", now), None);
        }
        for (wait, least) in waits.iter().zip([1.0, 2.0, 4.0, 6.0, 6.0, 6.0]) {
            assert!((least..=least * 1.1 + 0.1).contains(wait), "{waits:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_endpoint_that_comes_back_at_the_worst_moment_is_read_within_ten_seconds() {
        for seed in 0..1000 {
            let (breakers, mut now) = (Breakers::new(seed), Instant::now());
            broken(&breakers, now);
            for _ in 0..8 {
                next_knock(&breakers, &mut now);
                breakers.silent(&key(), true, "late", now);
            }
            next_knock(&breakers, &mut now);
            // It comes back just after this knock has begun, which is in vain.
            let back = now;
            now += KNOCK;
            breakers.silent(&key(), true, "late", now);
            next_knock(&breakers, &mut now);
            assert_eq!(breakers.answered(&key(), true), Some(Change::Closed));
            assert_eq!(breakers.ask(&key(), now), Pass::Go);
            assert!(now - back <= Duration::from_secs(10), "{:?}", now - back);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_knock_one_failure_opens_it_again_and_one_answer_clears_it() {
        let (breakers, mut now) = (Breakers::new(1), Instant::now());
        broken(&breakers, now);
        next_knock(&breakers, &mut now);
        breakers.answered(&key(), true);
        assert_eq!(
            breakers.silent(&key(), false, "late", now),
            Some(Change::Opened)
        );
        next_knock(&breakers, &mut now);
        breakers.answered(&key(), true);
        breakers.answered(&key(), false);
        assert_eq!(breakers.silent(&key(), false, "late", now), None);
        assert_eq!(breakers.ask(&key(), now), Pass::Go);
    }

    #[tokio::test(start_paused = true)]
    async fn a_knock_that_was_given_up_does_not_shut_the_endpoint_out() {
        let (breakers, mut now) = (Breakers::new(1), Instant::now());
        broken(&breakers, now);
        next_knock(&breakers, &mut now);
        let again = next_knock(&breakers, &mut now);
        assert!(again <= KNOCK + Duration::from_millis(100), "{again:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn calls_that_began_before_it_opened_change_nothing() {
        let (breakers, now) = (Breakers::new(1), Instant::now());
        broken(&breakers, now);
        let before = breakers.ask(&key(), now);
        breakers.silent(&key(), false, "late", now + Duration::from_millis(500));
        assert_eq!(breakers.ask(&key(), now), before);
    }
}
