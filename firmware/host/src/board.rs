//! `pyrite --board BOARD FILE…`: runs programs on an emulated board, without building anything for them.
//!
//! By default each file is a start of QEMU of its own and gets exact figures: instructions, heap and stack. With `--fast` many files share
//! a start, and only what they print and how they end is told. A program that ends the machine itself (a panic, a fault) takes none of the
//! others along: they are started again without it.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::bundle::{Bundle, Kind};
use crate::emulator::{Board, Count, Started};
use crate::transcript::{Ran, Transcript};
use crate::{bytes, compile, json};

/// Exit codes of an image that ends without saying more, and of the plugin's budget.
const NO_FIT: i32 = 103;
const BUDGET: i32 = 124;
/// A program that has not ended by then never will: about 20 seconds of QEMU.
const BUDGET_INSTRUCTIONS: u64 = 10_000_000_000;

struct Options {
    board: String,
    set: Option<String>,
    main: bool,
    heap_bytes: usize,
    json: bool,
    fast: bool,
    check: bool,
    budget: u64,
    modules: Vec<PathBuf>,
    files: Vec<PathBuf>,
}

fn options(args: &[String]) -> Result<Options, String> {
    let mut options = Options {
        board: String::new(),
        set: None,
        main: false,
        heap_bytes: 0,
        json: false,
        fast: false,
        check: false,
        budget: BUDGET_INSTRUCTIONS,
        modules: Vec::new(),
        files: Vec::new(),
    };
    let mut rest = args.iter();
    while let Some(arg) = rest.next() {
        let mut value = || rest.next().ok_or_else(|| format!("{arg} wants a value\n{}", crate::USAGE));
        match arg.as_str() {
            "--board" => options.board = value()?.clone(),
            "--set" => options.set = Some(value()?.clone()),
            "--heap" => options.heap_bytes = bytes(value()?)?,
            "--budget" => options.budget = bytes(value()?)? as u64,
            "--module" => options.modules.push(value()?.into()),
            "--count" => match value()?.as_str() {
                "main" => options.main = true,
                "all" => options.main = false,
                other => return Err(format!("--count takes all or main, not {other}")),
            },
            "--json" => options.json = true,
            "--fast" => options.fast = true,
            "--check" => options.check = true,
            // The files of a folder too large for a command line.
            list if list.starts_with('@') => {
                let text = std::fs::read_to_string(&list[1..]).map_err(|error| format!("{}: {error}", &list[1..]))?;
                options.files.extend(text.lines().filter(|line| !line.is_empty()).map(PathBuf::from));
            }
            unknown if unknown.starts_with("--") => return Err(format!("unknown: {unknown}\n{}", crate::USAGE)),
            file => options.files.push(file.into()),
        }
    }
    if options.files.is_empty() { Err(crate::USAGE.into()) } else { Ok(options) }
}

/// One file's answer.
struct Answer {
    file: PathBuf,
    ran: Ran,
    code: i32,
    instructions: Option<u64>,
    stack_bytes: Option<u64>,
}

/// Runs all files. The exit status is 0 when all ended with 0.
///
/// # Errors
/// Where it is used wrongly or a tool is missing; what programs do is told and not an error.
pub fn run(args: &[String]) -> Result<ExitCode, String> {
    let options = options(args)?;
    let board = Board::open(&options.board, options.set.as_deref())?;
    let mut modules = Vec::new();
    for path in &options.modules {
        module_files(path, "", &mut modules)?;
    }
    let (mut all_well, mut tally) = (true, Tally::default());
    let mut tell = |answer: Answer| {
        all_well &= answer.code == 0;
        if options.check {
            tally.look(&answer);
        } else {
            print(&options, &answer);
        }
    };
    let mut programs = Vec::new();
    for file in &options.files {
        match compile::load(file) {
            Ok(mpy) => programs.push((file.clone(), mpy)),
            Err(why) => tell(failed(file, 2, why)),
        }
    }
    let mut left = programs.as_slice();
    while !left.is_empty() {
        let batch = fitting(&options, &board, &modules, left);
        if batch == 0 {
            tell(failed(&left[0].0, NO_FIT, format!("{} bytes do not fit the board's window", left[0].1.len())));
            left = &left[1..];
            continue;
        }
        let told = start(&options, &board, &modules, &left[..batch])?;
        left = &left[told.len()..];
        told.into_iter().for_each(&mut tell);
    }
    if options.check {
        return tally.end(&options.board);
    }
    Ok(if all_well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A module's file, or a package's folder with all that is inside; each once, compiled if it has to be.
fn module_files(path: &Path, prefix: &str, modules: &mut Vec<(String, Vec<u8>)>) -> Result<(), String> {
    let name = format!("{prefix}{}", path.file_stem().unwrap_or_default().to_string_lossy());
    if !path.is_dir() {
        modules.push((name, compile::load(path)?));
        return Ok(());
    }
    let entries = std::fs::read_dir(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let mut inside: Vec<PathBuf> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
    inside.sort();
    let is_module = |file: &PathBuf| {
        file.extension().is_some_and(|ending| ending == "mpy")
            || file.extension().is_some_and(|ending| ending == "py") && !inside.contains(&file.with_extension("mpy"))
    };
    for file in inside.iter().filter(|file| file.is_dir() || is_module(file)) {
        module_files(file, &format!("{name}."), modules)?;
    }
    Ok(())
}

/// With `--check`: what programs print and how they end against the `.txt` beside them.
#[derive(Default)]
struct Tally {
    right: usize,
    too_large: usize,
    wrong: usize,
}

impl Tally {
    fn look(&mut self, answer: &Answer) {
        let expected = std::fs::read_to_string(answer.file.with_extension("txt")).unwrap_or_default();
        let mut said = answer.ran.stdout.clone();
        if answer.code != 0 {
            let error = answer.ran.exit.as_ref().map_or("", |(_, text)| text.as_str());
            said.push_str(&format!("{error}\n"));
        }
        if said.trim_end() == expected.trim_end() {
            self.right += 1;
        } else if answer.code == NO_FIT {
            self.too_large += 1;
        } else {
            self.wrong += 1;
            println!("{} ended with {}\n--- gave\n{said}\n--- wanted\n{expected}", answer.file.display(), answer.code);
        }
    }

    fn end(&self, board: &str) -> Result<ExitCode, String> {
        println!("{board}: {} print what they are to, {} do not fit, {} are wrong", self.right, self.too_large, self.wrong);
        Ok(if self.wrong == 0 && self.right > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

fn failed(file: &Path, code: i32, why: String) -> Answer {
    let ran = Ran { exit: Some((code, why)), ..Ran::default() };
    Answer { file: file.to_owned(), ran, code, instructions: None, stack_bytes: None }
}

type Program = (PathBuf, Vec<u8>);

fn bundle(options: &Options, modules: &[(String, Vec<u8>)], programs: &[Program]) -> Bundle {
    let mut bundle = Bundle::new(options.heap_bytes as u32);
    for (name, mpy) in modules {
        bundle.add(Kind::Module, name, mpy);
    }
    for (path, mpy) in programs {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        bundle.add(if options.main { Kind::Main } else { Kind::Script }, &name, mpy);
    }
    bundle
}

/// How many of the programs one start takes.
fn fitting(options: &Options, board: &Board, modules: &[(String, Vec<u8>)], programs: &[Program]) -> usize {
    let most = if options.fast { programs.len().min(200) } else { 1 };
    (1..=most).take_while(|n| bundle(options, modules, &programs[..*n]).len() <= board.window_bytes).count()
}

/// Answers for the programs of one start, or, where one of them ended the machine, for those up to it.
fn start(options: &Options, board: &Board, modules: &[(String, Vec<u8>)], programs: &[Program]) -> Result<Vec<Answer>, String> {
    let bundle = bundle(options, modules, programs).bytes();
    // The budget needs the plugin in any case.
    let count = if options.fast { Count::Instructions } else { Count::WithStack };
    let started = board.start(&bundle, count, options.budget)?;
    let transcript = Transcript::read(&started.console);
    if transcript.programs.is_empty() {
        return Err(format!("the board said nothing: {} {}", transcript.trouble, started.complaint));
    }
    let single = programs.len() == 1 && !options.fast;
    let answers = transcript.programs.iter().zip(programs).map(|(ran, (file, _))| {
        let mut ran = ran.clone();
        let code = match &ran.exit {
            Some((code, _)) => *code,
            None => {
                let why = ending(&started, &transcript.trouble);
                let code = started.code.unwrap_or(BUDGET);
                ran.exit = Some((code, why));
                code
            }
        };
        Answer {
            file: file.clone(),
            ran,
            code,
            instructions: started.measured.filter(|_| single),
            stack_bytes: started.stack_bytes.filter(|_| single),
        }
    });
    Ok(answers.collect())
}

/// Why a program did not come to its end.
fn ending(started: &Started, trouble: &str) -> String {
    match (started.code, trouble) {
        (Some(BUDGET), _) => "the budget of instructions is used up".into(),
        (_, "") => format!("the machine ended: {}", started.complaint),
        (_, trouble) => trouble.to_owned(),
    }
}

fn print(options: &Options, answer: &Answer) {
    let error = answer.ran.exit.as_ref().map_or("", |(_, text)| text.as_str());
    if options.json {
        let line = json::Line::new()
            .text("file", &answer.file.display().to_string())
            .text("stdout", &answer.ran.stdout)
            .number("exit", Some(answer.code as u64))
            .text("error", error)
            .number("instructions", answer.instructions)
            .number("heap_peak_bytes", answer.ran.heap_peak_bytes)
            .number("stack_peak_bytes", answer.stack_bytes);
        println!("{}", line.end());
        return;
    }
    if options.files.len() > 1 {
        println!("== {}", answer.file.display());
    }
    print!("{}", answer.ran.stdout);
    if !answer.ran.stdout.is_empty() && !answer.ran.stdout.ends_with('\n') {
        println!();
    }
    if !error.is_empty() {
        eprintln!("{error}");
    }
    let figure = |what: &str, value: Option<u64>| value.map(|value| format!(", {value} {what}")).unwrap_or_default();
    eprintln!(
        "-- exit {}{}{}{}",
        answer.code,
        figure("instructions", answer.instructions),
        figure("bytes of heap", answer.ran.heap_peak_bytes),
        figure("bytes of stack", answer.stack_bytes)
    );
}
