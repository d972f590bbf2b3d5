use super::*;

fn id(n: u64) -> ObjectId {
    ObjectId::parse(&format!("{n:040x}")).unwrap()
}

fn name(n: u64) -> RefName {
    RefName::new(format!("refs/heads/b{n}"))
}

fn update(old: u64, new: u64) -> RefUpdate {
    RefUpdate {
        old: id(old),
        new: id(new),
        name: name(0),
    }
}

/// A ref at that value; 0: it does not exist.
fn at(value: u64) -> BTreeMap<RefName, ObjectId> {
    (value != 0)
        .then(|| (name(0), id(value)))
        .into_iter()
        .collect()
}

fn baseline(value: u64) -> RefSnapshot {
    RefSnapshot {
        refs: at(value),
        gaps: Vec::new(),
    }
}

/// A run: when (in seconds), what was recorded since the last, and what the ref holds.
type Run<'a> = (i64, &'a [(u64, u64)], u64);

/// What each of these runs finds.
fn runs(from: u64, runs: &[Run<'_>]) -> Vec<Vec<RefUpdate>> {
    let mut state = baseline(from);
    let each = runs.iter().map(|(seconds, announced, value)| {
        let announced: Vec<_> = announced
            .iter()
            .map(|(old, new)| update(*old, *new))
            .collect();
        let (missed, after) = missed(&state, &announced, &[], at(*value), seconds * 1000);
        state = after;
        missed
    });
    each.collect()
}

#[test]
fn two_runs_that_are_far_enough_apart_agree_on_what_was_missed_once() {
    assert_eq!(
        runs(1, &[(0, &[], 2), (59, &[], 2), (60, &[], 2), (999, &[], 2)]),
        [vec![], vec![], vec![update(1, 2)], vec![]]
    );
}

#[test]
fn creation_and_deletion_are_missed_like_any_other_move() {
    assert_eq!(runs(0, &[(0, &[], 2), (60, &[], 2)])[1], [update(0, 2)]);
    assert_eq!(runs(1, &[(0, &[], 0), (60, &[], 0)])[1], [update(1, 0)]);
}

#[test]
fn announced_moves_are_not_missed_in_whatever_order_they_are_recorded() {
    assert_eq!(
        runs(1, &[(0, &[(2, 3), (1, 2)], 3), (60, &[], 3)]).concat(),
        []
    );
    assert_eq!(
        runs(0, &[(0, &[(1, 0), (0, 1)], 0), (60, &[], 0)]).concat(),
        [],
        "created and deleted"
    );
}

#[test]
fn a_push_that_is_recorded_late_ends_the_suspicion() {
    assert_eq!(
        runs(1, &[(0, &[], 2), (59, &[(1, 2)], 2), (200, &[], 2)]).concat(),
        []
    );
    let two_under_way: &[Run<'_>] = &[
        (0, &[], 3),
        (30, &[(2, 3)], 3),
        (61, &[], 3),
        (80, &[(1, 2)], 3),
    ];
    assert_eq!(
        runs(1, two_under_way).concat(),
        [],
        "what is left of it is a new suspicion"
    );
}

#[test]
fn only_the_gaps_between_announced_moves_were_missed() {
    let found = runs(1, &[(0, &[(2, 3), (4, 5)], 6), (60, &[], 6)]);
    assert_eq!(found[1], [update(1, 2), update(3, 4), update(5, 6)]);
}

#[test]
fn a_ref_that_never_rests_is_reported_all_the_same() {
    let found = runs(
        1,
        &[
            (0, &[], 2),
            (30, &[], 3),
            (60, &[], 4),
            (90, &[], 5),
            (150, &[], 5),
        ],
    );
    assert_eq!(
        found,
        [
            vec![],
            vec![],
            vec![update(1, 2)],
            vec![update(2, 3)],
            vec![update(3, 5)]
        ]
    );
}

#[test]
fn what_moved_back_before_it_counted_is_forgotten() {
    assert_eq!(
        runs(1, &[(0, &[], 2), (60, &[], 1), (200, &[], 1)]).concat(),
        []
    );
}

#[test]
fn pushes_under_way_while_the_baseline_was_taken_did_not_go_back() {
    assert_eq!(
        runs(3, &[(0, &[(2, 3), (1, 2)], 3), (60, &[], 3)]).concat(),
        []
    );
    assert_eq!(
        runs(3, &[(0, &[(2, 3)], 4), (60, &[], 4)]).concat(),
        [update(3, 4)],
        "what came after was missed"
    );
}

#[test]
fn what_is_recorded_late_inside_of_a_gap_leaves_its_two_sides() {
    let found = runs(
        1,
        &[
            (0, &[], 6),
            (40, &[(3, 4)], 6),
            (61, &[], 6),
            (99, &[(4, 6)], 6),
            (100, &[], 6),
        ],
    );
    assert_eq!(found.concat(), [update(1, 3)]);
}

#[test]
fn a_hook_that_was_stopped_for_longer_than_the_grace_is_reported_twice_but_never_backwards() {
    let late = runs(
        1,
        &[
            (0, &[], 2),
            (60, &[], 2),
            (500, &[(1, 2)], 2),
            (600, &[], 2),
        ],
    );
    assert_eq!(late.concat(), [update(1, 2)]);
}

#[test]
fn when_the_clock_goes_back_the_grace_begins_again() {
    assert_eq!(
        runs(1, &[(1000, &[], 2), (0, &[], 2), (59, &[], 2)]).concat(),
        []
    );
    assert_eq!(
        runs(1, &[(1000, &[], 2), (0, &[], 2), (60, &[], 2)]).concat(),
        [update(1, 2)]
    );
}

#[test]
fn the_record_of_what_was_missed_announces_it_when_the_state_could_not_be_written() {
    let (_, seen) = missed(&baseline(1), &[], &[], at(2), 0);
    let (found, _) = missed(&seen, &[], &[], at(2), 60_000);
    assert_eq!(
        missed(&seen, &found, &[], at(2), 200_000),
        (Vec::new(), baseline(2))
    );
}

#[test]
fn a_push_has_each_ref_once_and_is_not_too_large() {
    let of = |n| RefUpdate {
        name: name(n),
        ..update(1, 2)
    };
    assert_eq!(
        pushes(vec![of(1), of(1), of(2), of(3)], 2),
        [vec![of(1), of(2)], vec![of(3)], vec![of(1)]]
    );
}

#[test]
fn the_state_survives_json_with_any_name() {
    let mut state = missed(&baseline(1), &[], &[], at(2), 5).1;
    state
        .refs
        .insert(RefName::new(&b"refs/heads/\xff"[..]), id(7));
    let json = serde_json::to_string(&state).unwrap();
    assert!(
        json.contains("[\"refs/heads/b0\",\"0000000000000000000000000000000000000002\"]"),
        "{json}"
    );
    assert_eq!(serde_json::from_str::<RefSnapshot>(&json).unwrap(), state);
}

/// xorshift64: the same cases on every machine.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % n
    }
}

/// A repository in which each value of a ref is the number of its moves, so that every move can be distinguished.
struct World {
    refs: Vec<u64>,
    /// Moves that nobody announces.
    silent: Vec<RefUpdate>,
    /// Pushes whose hooks have not recorded them, and since when.
    under_way: Vec<(RefUpdate, i64)>,
    recorded: Vec<RefUpdate>,
    found: Vec<RefUpdate>,
    state: RefSnapshot,
    now_ms: i64,
}

impl World {
    fn refs(&self) -> BTreeMap<RefName, ObjectId> {
        self.refs
            .iter()
            .zip(0..)
            .filter(|(value, _)| **value != 0)
            .map(|(value, n)| (name(n), id(*value)))
            .collect()
    }

    fn step(&mut self, dice: &mut Dice) {
        self.now_ms += i64::try_from(dice.below(12_000)).unwrap();
        // A hook takes less than the grace.
        let due = self.now_ms - 45_000;
        while let Some(late) = self.under_way.iter().position(|(_, since)| *since < due) {
            self.recorded.push(self.under_way.remove(late).0);
        }
        let n = dice.below(self.refs.len() as u64);
        let which = usize::try_from(n).unwrap();
        match dice.below(5) {
            0 | 1 => {
                let update = self.moved(which);
                self.under_way.push((update, self.now_ms));
            }
            2 if !self.under_way.iter().any(|(u, _)| u.name == name(n)) => {
                let update = self.moved(which);
                self.silent.push(update);
            }
            3 if !self.under_way.is_empty() => {
                let any = usize::try_from(dice.below(self.under_way.len() as u64)).unwrap();
                self.recorded.push(self.under_way.remove(any).0);
            }
            _ => self.run(),
        }
    }

    fn moved(&mut self, which: usize) -> RefUpdate {
        let old = self.refs[which];
        self.refs[which] += 1;
        RefUpdate {
            old: id(old),
            new: id(old + 1),
            name: name(which as u64),
        }
    }

    fn run(&mut self) {
        let recorded = std::mem::take(&mut self.recorded);
        let (found, state) = missed(&self.state, &recorded, &[], self.refs(), self.now_ms);
        self.found.extend(found);
        self.state = state;
    }
}

/// The single moves that updates are made of.
fn moves(updates: &[RefUpdate]) -> Vec<(RefName, u64)> {
    let number = |id: &ObjectId| u64::from_str_radix(id.as_str(), 16).unwrap();
    let each = updates
        .iter()
        .flat_map(|u| (number(&u.old)..number(&u.new)).map(|n| (u.name.clone(), n)));
    let mut moves: Vec<_> = each.collect();
    moves.sort();
    moves
}

#[test]
fn in_any_history_exactly_the_silent_moves_are_reported_and_each_once() {
    for seed in 1..=1000 {
        let mut dice = Dice(0x9E37_79B9_7F4A_7C15 ^ seed);
        let mut world = World {
            refs: vec![0, 5, 9],
            silent: Vec::new(),
            under_way: Vec::new(),
            recorded: Vec::new(),
            found: Vec::new(),
            state: RefSnapshot::default(),
            now_ms: 0,
        };
        world.state.refs = world.refs();
        for _ in 0..40 + dice.below(60) {
            world.step(&mut dice);
        }
        let late = std::mem::take(&mut world.under_way);
        world
            .recorded
            .extend(late.into_iter().map(|(update, _)| update));
        for _ in 0..3 {
            world.run();
            world.now_ms += GRACE_MS;
        }
        assert_eq!(moves(&world.found), moves(&world.silent), "seed {seed}");
        assert_eq!(
            world.state,
            RefSnapshot {
                refs: world.refs(),
                gaps: Vec::new()
            },
            "seed {seed}"
        );
    }
}
