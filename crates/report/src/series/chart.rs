//! What a chart of series is drawn from.

/// More series than this are not drawn, and the picture says so.
pub const SERIES_DRAWN_MAX: usize = 12;

/// What is drawn. All texts may be hostile.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SeriesChart {
    /// What the picture is called.
    pub title: String,
    /// The commits, oldest first: what x counts.
    pub commits: Vec<ChartCommit>,
    /// At most [`SERIES_DRAWN_MAX`] are drawn, in this order.
    pub series: Vec<Series>,
    /// What y counts.
    pub scale: Scale,
    /// What x counts.
    pub along: Along,
    /// What happened at some of the commits.
    pub marks: Vec<Mark>,
    /// Why figures are missing at some of the commits.
    pub gaps: Vec<Gap>,
    /// A line not to be crossed, in the unit of the series; only on an absolute scale, and only where the figures come near it.
    pub limit: Option<i128>,
}

/// A commit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChartCommit {
    /// Its short id.
    pub label: String,
    /// Where a point at it leads that has no address of its own.
    pub href: Option<String>,
    /// When it was committed, milliseconds since 1970 (UTC).
    pub at_ms: i64,
}

/// Figures of one thing at each commit.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// What is measured.
    pub name: String,
    /// Follows each figure: `B`.
    pub unit: String,
    /// How it is drawn.
    pub certainty: Certainty,
    /// One for each commit, in their order.
    pub points: Vec<SeriesPoint>,
    /// Where other tools' figures begin, by commit: no difference is taken across but by these. Empty where the tools never changed.
    pub links: Vec<Link>,
}

/// From a commit on, figures are by other tools.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Link {
    /// The first such commit's index.
    pub commit: usize,
    /// What figures from here on are multiplied by to be as the first tools' are; none where no commit has figures by both.
    pub factor: Option<f64>,
}

impl Series {
    /// What the figure at a commit is multiplied by to be as those of the series' first tools.
    pub(super) fn factor(&self, commit: usize) -> Option<f64> {
        self.links.iter().rev().find(|link| link.commit <= commit).map_or(Some(1.0), |link| link.factor)
    }
}

/// Whether each difference of a series is real.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Certainty {
    /// It is: drawn as steps, with a dot where the figure changed.
    Exact,
    /// It may be chance: drawn as points with a thin line.
    Noisy,
}

/// A figure at a commit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SeriesPoint {
    /// None where there is no figure. Wide enough for each `u64` and for a headroom below zero.
    pub value: Option<i128>,
    /// Where the point leads, if not where its commit does.
    pub href: Option<String>,
}

/// What y counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Scale {
    /// The figures.
    #[default]
    Absolute,
    /// The change of each since the commit of this index, in percent; since its first figure after that one, or else its last before, where
    /// that one has none. Across other tools by [`Series::links`]; what they cannot link is not drawn.
    Since(usize),
}

/// What x counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Along {
    /// Commits, each as wide as the next.
    #[default]
    Commits,
    /// Time.
    Dates,
}

/// Something that happened at a commit.
#[derive(Debug, Clone, PartialEq)]
pub struct Mark {
    /// The commit's index.
    pub commit: usize,
    /// What it is.
    pub kind: MarkKind,
    /// A word or two, beside the mark.
    pub label: String,
    /// The whole of it, for the pointer.
    pub title: String,
    /// Where it leads.
    pub href: Option<String>,
}

/// What a mark is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum MarkKind {
    /// An exact figure changed.
    Step,
    /// A noisy figure changed; with how likely chance alone looks like that, 0 to 1.
    ChangePoint(f64),
    /// Growth was accepted.
    Acceptance,
    /// A release.
    Release,
    /// A compiler, linker, emulator or counter changed: figures before and after are not of one kind.
    Toolchain,
}

/// Commits without figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// The first commit's index.
    pub first: usize,
    /// The last commit's index.
    pub last: usize,
    /// Why.
    pub reason: String,
}
