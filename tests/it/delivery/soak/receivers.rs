//! Receivers that fail a third of the time, and remember what they took.

use crate::support::receiver::{Answer, Received, Receiver};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
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
        let (log, count, dice) = (arrivals.clone(), messages.clone(), Dice::default());
        let web = Receiver::start(move |request: &Received| {
            let (answer, taken) = mood(dice.roll());
            let id = request.header("X-Coding-Delivery").unwrap().to_owned();
            log.lock().unwrap().push(Arrival { id, taken });
            answer
        });
        let dice = Dice::default();
        // A robot's messages have no id, so none is left in doubt here: what came of it is always said.
        let robot = Receiver::start(move |_| match dice.roll() % 6 {
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
fn mood(roll: u64) -> (Answer, bool) {
    let late = |delay| Answer::Late(delay, 200, b"{}".to_vec());
    match roll % 24 {
        0 | 1 => (Answer::json(503, "{}"), false),
        2 | 3 => (Answer::Close, false),
        4..=6 => (super::super::busy(), false),
        7 => (late(TIMEOUT + Duration::from_millis(300)), false),
        8..=10 => (late(Duration::from_millis(100)), true),
        _ => (Answer::ok(), true),
    }
}

/// The same sequence in every run (SplitMix64), though who gets which number is the machine's choice.
#[derive(Default)]
struct Dice(AtomicU64);

impl Dice {
    fn roll(&self) -> u64 {
        let mut z = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::SeqCst);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}
