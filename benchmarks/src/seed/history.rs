//! A project's history before it is rows: its commits with what each did, its pull requests, and what was weighed when.

use super::model::{BENCHES, BOARDS, Effect, Kind, Model, SERIES, State, takes};
use super::words::{self, AUTHORS};
use fuzz_cases::Seeded;
use ounce_protocol::ids::CommitSha;
use ounce_protocol::job::Millis;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;

/// Runs that have a whole comparison, the newest.
pub const JUDGED_RUNS: usize = 300;
/// Commits of which whole measurements are kept, the newest; of tags too.
pub const MEASURED_COMMITS: usize = 50;
/// Tags of which whole measurements are kept, the newest.
pub const MEASURED_TAGS: usize = 6;
/// Commits since the newest tag.
const SINCE_TAG: usize = 30;
/// No figure.
pub const NONE: u32 = u32::MAX;

const MINUTE_MS: Millis = 60_000;
const HOUR_MS: Millis = 60 * MINUTE_MS;

/// What is to be made.
#[derive(Debug, Clone, Copy)]
pub struct Spec {
    /// The repository.
    pub repo: &'static str,
    /// Commits of its default branch.
    pub commits: usize,
    /// Places of its boards.
    pub boards: &'static [usize],
    /// Whether anything is weighed.
    pub weighed: bool,
    /// Where the numbers come from.
    pub seed: u64,
    /// When the newest commit was made.
    pub until_ms: Millis,
}

/// What a commit did to a board, in short.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Trade {
    /// Bytes of flash, head less base.
    pub flash: i64,
    /// Bytes of RAM.
    pub ram: i64,
    /// Instructions in parts per million; none where no count is exact.
    pub ppm: Option<i64>,
}

/// A commit of the default branch.
#[derive(Debug, Clone)]
pub struct Commit {
    /// Its id.
    pub sha: CommitSha,
    /// First line of its message.
    pub summary: String,
    /// Who wrote it: a place in the list of authors.
    pub author: usize,
    /// Its time.
    pub at_ms: Millis,
    /// Whether it was weighed when it was pushed; else it was pushed together with the next one.
    pub weighed: bool,
    /// Boards on which it does not build, a bit each.
    pub fails: u8,
    /// Boards whose job was lost, a bit each.
    pub lost: u8,
    /// The tools it was weighed with.
    pub era: usize,
    /// What it did to whose bytes.
    pub effects: Vec<Effect>,
    /// The same in short, by board.
    pub trades: [Trade; BOARDS.len()],
    /// How often each board's firmware had changed.
    pub versions: [u32; BOARDS.len()],
    /// The pull request by which it came.
    pub pull: Option<usize>,
}

impl Commit {
    /// Whether it has an image on a board.
    pub fn builds(&self, board: usize) -> bool {
        self.fails >> board & 1 == 0
    }

    /// Whether a job of its push ended with figures on a board.
    pub fn is_measured(&self, board: usize) -> bool {
        self.weighed && self.lost >> board & 1 == 0
    }
}

/// What becomes of a pull request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It landed by this commit.
    Landed(usize),
    /// Somebody closed it.
    Closed,
    /// It is weighed, on the newest commit.
    Judged(Kind),
    /// It is a fork's, and nobody approved it.
    Waiting,
    /// It is being weighed.
    Measuring,
    /// There was nothing to weigh.
    Refused,
}

/// A pull request.
#[derive(Debug, Clone)]
pub struct Pull {
    /// Its number.
    pub number: i64,
    /// Its title.
    pub title: String,
    /// Who opened it: a place in the list of authors.
    pub author: usize,
    /// Whether it comes from a fork.
    pub from_fork: bool,
    /// What became of it.
    pub fate: Fate,
    /// When it was weighed last.
    pub at_ms: Millis,
    /// Its own head.
    pub head: CommitSha,
    /// Its test merge.
    pub merge: CommitSha,
    /// An earlier head that was superseded.
    pub superseded: Option<CommitSha>,
}

/// The figures by one set of tools.
#[derive(Debug, Clone)]
pub struct Era {
    /// The first commit with figures by it: the last before the change, which was weighed again.
    pub from: usize,
    /// The figures: by commit, board and series.
    pub values: Vec<u32>,
}

impl Era {
    /// The figures of a commit on a board, in the order of series.
    pub fn at(&self, commit: usize, board: usize) -> &[u32] {
        let from = ((commit - self.from) * BOARDS.len() + board) * SERIES;
        &self.values[from..from + SERIES]
    }

    /// The commits with figures by it.
    pub fn commits(&self) -> std::ops::Range<usize> {
        self.from..self.from + self.values.len() / (BOARDS.len() * SERIES)
    }
}

/// All of it.
#[derive(Debug)]
pub struct History {
    /// What it is of.
    pub spec: Spec,
    /// The commits, oldest first.
    pub commits: Vec<Commit>,
    /// The pull requests, by number.
    pub pulls: Vec<Pull>,
    /// Releases: the commit's place and the tag, oldest first.
    pub tags: Vec<(usize, String)>,
    /// The figures.
    pub eras: Vec<Era>,
    /// The firmware at commits whose documents are made, by the place of the commit and of the tools.
    pub states: BTreeMap<(usize, usize), Vec<State>>,
    /// The firmware at the end.
    pub model: Model,
}

/// An id of 40 digits that is the same each time.
pub fn sha(spec: &Spec, what: &str, n: usize) -> CommitSha {
    let digest = hex::encode(Sha256::digest(format!("{} {} {what} {n}", spec.seed, spec.repo)));
    CommitSha::parse(&digest[..40]).expect("40 digits")
}

/// The figures of a board, in the order of its series.
pub fn figures(state: &State, board: usize, commit: usize) -> [u32; SERIES] {
    let mut all = [NONE; SERIES];
    (all[0], all[1]) = (state.flash_bytes(), state.ram_bytes());
    let mut at = 2;
    for (n, bench) in state.benches.iter().enumerate() {
        let count = bench.instructions();
        (all[at], all[at + 1]) = (if BOARDS[board].noisy { takes(count, (commit, n)).0 } else { count }, bench.stack);
        at += 2;
        if n > 0 {
            all[at] = bench.heap;
            at += 1;
        }
    }
    all
}

/// The kind and the name of each series of a board, in their order.
pub fn series() -> Vec<(&'static str, &'static str)> {
    let mut all = vec![("region", "flash"), ("region", "ram")];
    for (n, bench) in BENCHES.into_iter().enumerate() {
        all.extend([("instructions", bench), ("stack", bench)]);
        if n > 0 {
            all.push(("heap", bench));
        }
    }
    all
}

impl History {
    /// Plays a project's history.
    pub fn play(spec: Spec) -> History {
        let mut dice = Seeded::of(spec.seed ^ spec.repo.len() as u64);
        let n = spec.commits;
        let changes = [n * 2 / 5, n * 3 / 4];
        let slower = if n > 150 { [n * 3 / 5, n - 60] } else { [n * 3 / 5, n] };
        let tags = tags(n);
        let mut model = Model::new(&mut dice);
        let mut history =
            History { spec, commits: Vec::new(), pulls: Vec::new(), tags, eras: Vec::new(), states: BTreeMap::new(), model: model.clone() };
        let times = times(&mut dice, n, spec.until_ms);
        history.eras.push(Era { from: 0, values: Vec::new() });
        let mut unweighed = 0u32;
        for (at, at_ms) in times.into_iter().enumerate() {
            let mut era = history.eras.len() - 1;
            let kind = match changes.iter().position(|change| *change == at) {
                Some(tools) => Kind::Tools(tools),
                None => kind(&mut dice),
            };
            if let Kind::Tools(tools) = kind
                && at > 0
            {
                model.other_tools(tools == 0);
                history.eras.push(Era { from: at - 1, values: Vec::new() });
                era += 1;
                history.record(&model, at - 1, era);
            }
            if at == 0 {
                history.record(&model, 0, 0);
            }
            let before = model.states.clone();
            let effects = if at == 0 { Vec::new() } else { model.commit(&mut dice, kind, (at, n)) };
            if slower.contains(&at) {
                model.slower_board(BOARDS.len() - 1);
            }
            let trades = std::array::from_fn(|board| trade(&before[board], &model.states[board], BOARDS[board].noisy));
            let is_late = at + 5 > n || at == 0 || history.tags.iter().any(|(tag, _)| *tag == at || *tag == at + 1);
            if unweighed == 0 && !is_late && dice.one_in(120) && !changes.contains(&(at + 1)) && !changes.contains(&(at + 2)) {
                unweighed = 2;
            }
            let weighed = spec.weighed && (unweighed == 0 || matches!(kind, Kind::Tools(_)));
            unweighed = unweighed.saturating_sub(1);
            let fails = match kind {
                _ if is_late => 0,
                Kind::Breaks if dice.one_in(3) => 0x3f,
                Kind::Breaks => 1 << dice.below(BOARDS.len()),
                _ => 0,
            };
            let lost = if !is_late && dice.one_in(70) { 1 << dice.below(BOARDS.len()) } else { 0 };
            let versions = std::array::from_fn(|board| model.states[board].version);
            let mut commit = Commit {
                sha: sha(&spec, "commit", at),
                summary: words::summary(&mut dice, kind),
                author: dice.below(AUTHORS.len()),
                at_ms,
                weighed,
                fails,
                lost,
                era,
                effects,
                trades,
                versions,
                pull: None,
            };
            if spec.weighed && at > 0 && weighed && dice.below(10) < 6 {
                commit.pull = Some(history.pulls.len());
                let pull = history.landing(&mut dice, &commit, at);
                history.pulls.push(pull);
                commit.summary = format!("{} (#{})", commit.summary, history.pulls.len());
            }
            history.commits.push(commit);
            if at > 0 {
                history.record(&model, at, era);
            }
        }
        if spec.weighed {
            history.open(&mut dice);
        }
        history.model = model;
        history.forget_unmeasured();
        history
    }

    /// Keeps the figures at a commit, and the firmware where documents are made of it.
    fn record(&mut self, model: &Model, at: usize, era: usize) {
        for (board, state) in model.states.iter().enumerate() {
            self.eras[era].values.extend(figures(state, board, at));
        }
        let is_new = at + JUDGED_RUNS + 2 > self.spec.commits;
        if is_new || self.measured_tags().any(|tag| tag == at || tag == at + 1) {
            self.states.insert((at, era), model.states.clone());
        }
    }

    /// The commits of tags whose measurements are kept.
    pub fn measured_tags(&self) -> impl Iterator<Item = usize> {
        self.tags.iter().rev().take(MEASURED_TAGS).map(|(at, _)| *at)
    }

    /// Takes away what nobody measured: figures of commits that do not build, or that no run was about.
    fn forget_unmeasured(&mut self) {
        for (n, era) in self.eras.iter_mut().enumerate() {
            for at in era.commits() {
                let (commit, next) = (&self.commits[at], self.commits.get(at + 1).filter(|next| next.era == n));
                for board in 0..BOARDS.len() {
                    let is_head = commit.era == n && commit.is_measured(board);
                    let is_base = next.is_some_and(|next| next.is_measured(board));
                    if !commit.builds(board) || !(is_head || is_base) {
                        let from = ((at - era.from) * BOARDS.len() + board) * SERIES;
                        era.values[from..from + SERIES].fill(NONE);
                    }
                }
            }
        }
    }

    fn pull(&self, dice: &mut Seeded, title: String, author: usize, fate: Fate, at_ms: Millis) -> Pull {
        let n = self.pulls.len();
        Pull {
            number: i64::try_from(n + 1).unwrap_or(i64::MAX),
            title,
            author,
            from_fork: dice.one_in(5),
            fate,
            at_ms,
            head: sha(&self.spec, "head", n),
            merge: sha(&self.spec, "merge", n),
            superseded: dice.one_in(4).then(|| sha(&self.spec, "old head", n)),
        }
    }

    fn landing(&self, dice: &mut Seeded, commit: &Commit, at: usize) -> Pull {
        let wait = MINUTE_MS * Millis::try_from(8 + dice.below(240)).unwrap_or(0);
        self.pull(dice, commit.summary.clone(), commit.author, Fate::Landed(at), commit.at_ms - wait)
    }

    /// The pull requests that have not landed.
    fn open(&mut self, dice: &mut Seeded) {
        let fates = [
            Fate::Closed,
            Fate::Closed,
            Fate::Judged(Kind::Touched),
            Fate::Judged(Kind::Faster),
            Fate::Judged(Kind::Smaller),
            Fate::Judged(Kind::Heavy),
            Fate::Judged(Kind::Breaks),
            Fate::Judged(Kind::Quiet),
            Fate::Judged(Kind::Feature),
            Fate::Waiting,
            Fate::Waiting,
            Fate::Waiting,
            Fate::Refused,
            Fate::Measuring,
            Fate::Measuring,
        ];
        let newest = self.commits.last().map_or(self.spec.until_ms, |commit| commit.at_ms);
        for (n, fate) in fates.into_iter().enumerate() {
            let kind = if let Fate::Judged(kind) = fate { kind } else { Kind::Touched };
            let (title, author) = (words::summary(dice, kind), dice.below(AUTHORS.len()));
            let at_ms = newest + MINUTE_MS * Millis::try_from(n).unwrap_or(0);
            let mut pull = self.pull(dice, title, author, fate, at_ms);
            pull.from_fork = fate == Fate::Waiting;
            self.pulls.push(pull);
        }
    }
}

fn kind(dice: &mut Seeded) -> Kind {
    match dice.below(200) {
        0..70 => Kind::Quiet,
        70..142 => Kind::Touched,
        142..160 => Kind::Feature,
        160..164 => Kind::Heavy,
        164..184 => Kind::Smaller,
        184..197 => Kind::Faster,
        _ => Kind::Breaks,
    }
}

/// When each commit was made: by the hour while people work, and a night or a weekend now and then.
fn times(dice: &mut Seeded, commits: usize, until_ms: Millis) -> Vec<Millis> {
    let mut at = until_ms;
    let mut times: Vec<Millis> = (0..commits)
        .map(|_| {
            let time = at;
            let minutes = match dice.below(10) {
                0..6 => 15 + dice.below(160),
                6..9 => 180 + dice.below(700),
                _ => 900 + dice.below(1_500),
            };
            at -= MINUTE_MS * Millis::try_from(minutes).unwrap_or(0);
            time
        })
        .collect();
    times.reverse();
    times
}

/// The releases: the newest some commits ago, one every few hundred before it, at least three.
fn tags(commits: usize) -> Vec<(usize, String)> {
    let newest = commits.saturating_sub(SINCE_TAG + 1);
    let step = (newest / 3).clamp(1, 300);
    let mut at: Vec<usize> = (0..).map(|n| newest.saturating_sub(n * step)).take_while(|at| *at >= 1).collect();
    at.reverse();
    at.into_iter().enumerate().map(|(n, at)| (at, format!("v{}.{}", (n + 1) / 10, (n + 1) % 10))).collect()
}

fn trade(base: &State, head: &State, noisy: bool) -> Trade {
    let mean = || {
        let logs =
            base.benches.iter().zip(&head.benches).skip(1).map(|(b, h)| (f64::from(h.instructions()) / f64::from(b.instructions())).ln());
        let mean = logs.sum::<f64>() / 12.0;
        #[expect(clippy::cast_possible_truncation, reason = "a few parts per million")]
        let ppm = (mean.exp_m1() * 1e6).round() as i64;
        ppm
    };
    Trade {
        flash: i64::from(head.flash_bytes()) - i64::from(base.flash_bytes()),
        ram: i64::from(head.ram_bytes()) - i64::from(base.ram_bytes()),
        ppm: (!noisy).then(mean),
    }
}

/// How long after a commit it was weighed.
pub const WEIGHED_MS: Millis = HOUR_MS / 6;
