//! A test binary that starts itself again, as another process with a part to
//! play.

use std::{
    env,
    fmt::Write as _,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, ChildStdin, Command, ExitStatus, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    thread,
    time::{Duration, Instant},
};

/// Names the part in a child's environment.
pub const ROLE: &str = "ZEN_TEST_ROLE";

/// No wait in a test that goes well comes near this.
pub const BOUND: Duration = Duration::from_mins(1);

/// The part that this process is to play, if it is a child.
pub fn role() -> Option<String> {
    env::var(ROLE).ok()
}

/// Waits until the parent says something.
///
/// # Panics
/// If standard input cannot be read.
pub fn await_parent() {
    let mut line = String::new();
    let read = std::io::stdin().lock().read_line(&mut line);
    read.expect("a line of the parent");
}

/// A child process that plays a part. It is killed when this is dropped.
#[derive(Debug)]
pub struct Player {
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<String>,
    seen: Vec<String>,
}

impl Player {
    /// Starts the test `role` of this binary in `folder`, to play `role`.
    ///
    /// # Panics
    /// If it cannot be started.
    pub fn start(folder: &Path, role: &str) -> Self {
        Self::start_with(folder, role, &[])
    }

    /// As [`Player::start`], with more variables in its environment.
    ///
    /// # Panics
    /// If it cannot be started.
    pub fn start_with(folder: &Path, role: &str, variables: &[(&str, &str)]) -> Self {
        let mut child = Command::new(env::current_exe().expect("this binary"))
            .args(["role", "--exact", "--nocapture"])
            .env(ROLE, role)
            .envs(variables.iter().copied())
            .env_remove("ZEN_REPO")
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("a child process");
        let (send, lines) = channel();
        let error = child.stderr.take().expect("its standard error");
        thread::spawn(move || {
            let lines = BufReader::new(error).lines().map_while(Result::ok);
            for line in lines {
                if send.send(line).is_err() {
                    return;
                }
            }
        });
        Self {
            input: child.stdin.take(),
            child,
            lines,
            seen: Vec::new(),
        }
    }

    /// Its process number.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Lets it go on from [`await_parent`].
    ///
    /// # Panics
    /// If it is gone.
    pub fn go(&mut self) {
        let input = self.input.as_mut().expect("its standard input");
        writeln!(input, "go").expect("a child that listens");
    }

    /// Waits until it says a line with `text`, and gives that line.
    ///
    /// # Panics
    /// If it ends or [`BOUND`] passes before.
    pub fn says(&mut self, text: &str) -> String {
        self.says_any(&[text])
    }

    /// Waits until it says a line with one of `texts`, and gives that line.
    ///
    /// # Panics
    /// If it ends or [`BOUND`] passes before.
    pub fn says_any(&mut self, texts: &[&str]) -> String {
        let until = Instant::now() + BOUND;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let Ok(line) = self.lines.recv_timeout(left) else {
                panic!("it never said {texts:?}, but:\n{}", self.told());
            };
            self.seen.push(line.clone());
            if texts.iter().any(|text| line.contains(text)) {
                return line;
            }
        }
    }

    /// How many of the lines that it has said so far have `text`.
    pub fn said(&mut self, text: &str) -> usize {
        self.seen.extend(self.lines.try_iter());
        self.seen.iter().filter(|line| line.contains(text)).count()
    }

    /// Waits until it ends by itself, and gives all that it said.
    ///
    /// # Panics
    /// If it fails, or [`BOUND`] passes before.
    pub fn ends_well(mut self) -> Vec<String> {
        let status = self.ends();
        assert!(status.success(), "{status}:\n{}", self.told());
        std::mem::take(&mut self.seen)
    }

    fn ends(&mut self) -> ExitStatus {
        drop(self.input.take());
        let until = Instant::now() + BOUND;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok(line) => self.seen.push(line),
                // The lines end with the process.
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    panic!("it never ended, but said:\n{}", self.told())
                }
            }
        }
        self.child.wait().expect("its end")
    }

    /// Sends it a signal by name, such as `STOP`.
    ///
    /// # Panics
    /// If the signal cannot be sent.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .args([&format!("-{name}"), &self.pid().to_string()])
            .status();
        assert!(sent.is_ok_and(|status| status.success()), "kill -{name}");
    }

    /// Kills it, and waits until it is gone.
    ///
    /// # Panics
    /// If that fails.
    pub fn kill(mut self) {
        self.child.kill().expect("a kill");
        self.child.wait().expect("its end");
    }

    fn told(&mut self) -> String {
        self.seen.extend(self.lines.try_iter());
        self.seen.iter().fold(String::new(), |mut text, line| {
            let _ = writeln!(text, "  {line}");
            text
        })
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
