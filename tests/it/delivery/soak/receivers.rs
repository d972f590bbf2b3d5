//! Receivers that fail a third of the time, and remember what they took.

use crate::support::dice::Dice;
use crate::support::receiver::{Answer, Received, Receiver};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Time limit of an attempt.
pub const TIMEOUT: Duration = Duration::from_secs(1);

/// A request of a webhook.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// Id of the delivery.
    pub id: String,
    /// Whether it was answered with success, and in time.
    pub taken: bool,
}

pub struct Receivers {
    pub web: Receiver,
    pub robot: Receiver,
    arrivals: Arc<Mutex<Vec<Arrival>>>,
    /// Messages that the robot took.
    pub messages: Arc<AtomicUsize>,
}

impl Receivers {
    pub fn start() -> Self {
        let (arrivals, messages) = (
            Arc::<Mutex<Vec<Arrival>>>::default(),
            Arc::<AtomicUsize>::default(),
        );
        let (log, count, dice) = (arrivals.clone(), messages.clone(), Numbers::new());
        let web = Receiver::start(move |request: &Received| {
            let (answer, taken) = mood(dice.below(24));
            let id = request.header("X-Coding-Delivery").unwrap().to_owned();
            log.lock().unwrap().push(Arrival { id, taken });
            answer
        });
        let dice = Numbers::new();
        // A robot's messages have no id, so none is left in doubt here: what came of it is always said.
        let robot = Receiver::start(move |_| match dice.below(6) {
            0 => Answer::json(503, "{}"),
            1 => Answer::json(200, r#"{"errcode":-1,"errmsg":"system busy"}"#),
            _ => {
                count.fetch_add(1, Ordering::SeqCst);
                Answer::json(200, r#"{"errcode":0,"errmsg":"ok"}"#)
            }
        });
        Self {
            web,
            robot,
            arrivals,
            messages,
        }
    }

    /// In the order of arrival.
    pub fn arrivals(&self) -> Vec<Arrival> {
        self.arrivals.lock().unwrap().clone()
    }
}

/// What to answer, and whether that is a success.
fn mood(roll: usize) -> (Answer, bool) {
    let late = |delay| Answer::Late(delay, 200, b"{}".to_vec());
    match roll {
        0 | 1 => (Answer::json(503, "{}"), false),
        2 | 3 => (Answer::Close, false),
        4..=6 => (super::super::busy(), false),
        7 => (late(TIMEOUT + Duration::from_millis(300)), false),
        8..=10 => (late(Duration::from_millis(100)), true),
        _ => (Answer::ok(), true),
    }
}

/// The same numbers in every run, though the machine chooses which request gets which.
struct Numbers(Mutex<Dice>);

impl Numbers {
    fn new() -> Self {
        Self(Mutex::new(Dice::new(0)))
    }

    fn below(&self, bound: usize) -> usize {
        self.0.lock().unwrap().below(bound)
    }
}
