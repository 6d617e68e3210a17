//! Takes apart what a runner's image sends: each program's own output, and how it ended.

const MARK: u8 = 0x1e;
const ESCAPE: u8 = 0x1b;
const ESCAPED: u8 = 0x40;

/// One program's run.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Ran {
    /// Its name in the bundle.
    pub name: String,
    /// What it printed.
    pub stdout: String,
    /// How it ended, and the exception; none where it did not end.
    pub exit: Option<(i32, String)>,
    /// Bytes of heap in use at the worst moment.
    pub heap_peak_bytes: Option<u64>,
}

/// What the console brought.
#[derive(Default, Debug)]
pub struct Transcript {
    /// The programs, in order.
    pub programs: Vec<Ran>,
    /// Whether the image came to its end.
    pub done: bool,
    /// What it said last that belongs to no program: a panic or a fault.
    pub trouble: String,
}

impl Transcript {
    /// Reads all of it.
    pub fn read(console: &[u8]) -> Transcript {
        let mut transcript = Transcript::default();
        for (index, part) in console.split(|byte| *byte == MARK).enumerate() {
            // What comes before the first mark is nothing; a part is a word and more, up to the line's end, then output.
            let (line, output) = match part.iter().position(|byte| *byte == b'\n') {
                Some(end) if index > 0 => (&part[..end], &part[end + 1..]),
                _ if index > 0 => (part, &[][..]),
                _ => (&[][..], part),
            };
            transcript.line(&String::from_utf8_lossy(line), &plain(output));
        }
        if let Some(at) = transcript.trouble.find("ounce: error ") {
            transcript.trouble = transcript.trouble[at + "ounce: error ".len()..].trim().to_owned();
        }
        transcript
    }

    fn line(&mut self, line: &str, output: &str) {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        match word {
            "program" => self.programs.push(Ran { name: rest.to_owned(), stdout: output.to_owned(), ..Ran::default() }),
            "exit" => {
                let (code, text) = rest.split_once(' ').unwrap_or((rest, ""));
                let text = format!("{text}\n{output}");
                if let Some(program) = self.programs.last_mut() {
                    program.exit = code.parse().ok().map(|code| (code, text.trim_end().to_owned()));
                }
            }
            "heap" => {
                if let Some(program) = self.programs.last_mut() {
                    program.heap_peak_bytes = rest.split(' ').nth(1).and_then(|peak| peak.parse().ok());
                }
                self.trouble.push_str(output);
            }
            "done" => self.done = true,
            _ => self.trouble.push_str(output),
        }
        // A fault comes in the middle of a program's output.
        if let Some(program) = self.programs.last_mut()
            && program.exit.is_none()
            && let Some(at) = program.stdout.find("\nounce: error ")
        {
            self.trouble = program.stdout.split_off(at);
        }
    }
}

/// The program's own bytes as text.
fn plain(sent: &[u8]) -> String {
    let mut bytes = Vec::with_capacity(sent.len());
    let mut escaped = false;
    for &byte in sent {
        match byte {
            ESCAPE if !escaped => escaped = true,
            byte => {
                bytes.push(if escaped { byte ^ ESCAPED } else { byte });
                escaped = false;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_program_has_its_output_and_its_end() {
        let console = b"\x1ehello 1 b\n\x1eprogram a\none\nounce: x\n\x1b\x5e no end\x1eexit 0\n\x1eheap 100 50\n\
            \x1eprogram b\n\x1eexit 1 Traceback\nValueError: x\n\x1eheap 100 60\n\x1edone\n";
        let read = Transcript::read(console);
        let a = Ran {
            name: "a".into(),
            stdout: "one\nounce: x\n\x1e no end".into(),
            exit: Some((0, String::new())),
            heap_peak_bytes: Some(50),
        };
        let b =
            Ran { name: "b".into(), stdout: String::new(), exit: Some((1, "Traceback\nValueError: x".into())), heap_peak_bytes: Some(60) };
        assert_eq!((read.programs, read.done), (vec![a, b], true));
    }

    #[test]
    fn a_fault_is_told_from_output() {
        let read = Transcript::read(b"\x1ehello 1 b\n\x1eprogram a\nhalf\nounce: error fault, cause 0x00000003\n");
        assert_eq!((read.programs[0].stdout.as_str(), &read.programs[0].exit, read.done), ("half", &None, false));
        assert_eq!(read.trouble, "fault, cause 0x00000003");
    }
}
