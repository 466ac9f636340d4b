//! Both forms promise the same.

use std::{
    path::PathBuf,
    process,
    sync::mpsc::{Receiver, channel},
    thread,
};

use super::*;

/// Two stores on one folder exclude each other as two processes do.
struct Two {
    one: Locks,
    other: Locks,
    folder: tempfile::TempDir,
}

impl Two {
    /// A pair for each form that this platform has.
    fn of_each_form() -> Vec<Self> {
        let files: fn(&Arc<Path>) -> Form = |folder| Form::Files(Files::new(folder));
        let ranges: fn(&Arc<Path>) -> Form = |folder| Form::Ranges(Ranges::new(folder));
        let forms = [Some(files), Some(ranges).filter(|_| range::AVAILABLE)];
        let forms = forms.into_iter().flatten();
        forms.map(Self::new).collect()
    }

    fn new(form: fn(&Arc<Path>) -> Form) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path: Arc<Path> = folder.path().into();
        let locks = || Locks {
            form: form(&path),
            folder: path.clone(),
        };
        Self {
            one: locks(),
            other: locks(),
            folder,
        }
    }

    fn files(&self) -> Vec<PathBuf> {
        let files = self.folder.path().read_dir().unwrap();
        files.map(|file| file.unwrap().path()).collect()
    }
}

fn key(byte: u8) -> Fingerprint {
    Fingerprint::from_bytes([byte; 32])
}

fn taken(locks: &Locks, byte: u8) -> Lock {
    match locks.attempt(&key(byte)).unwrap() {
        Attempt::Taken(lock) => lock,
        Attempt::Busy(_) => panic!("somebody has it"),
    }
}

fn busy(locks: &Locks, byte: u8) -> Busy {
    match locks.attempt(&key(byte)).unwrap() {
        Attempt::Taken(_) => panic!("nobody has it"),
        Attempt::Busy(busy) => busy,
    }
}

/// Waits on a thread of its own, and tells when the wait is over.
fn wait(busy: Busy) -> Receiver<io::Result<()>> {
    let (send, over) = channel();
    thread::spawn(move || send.send(busy.wait()));
    over
}

#[test]
fn a_lock_keeps_others_out_until_it_is_dropped() {
    for two in Two::of_each_form() {
        let lock = taken(&two.one, 1);
        busy(&two.other, 1);
        let beside = taken(&two.other, 2);
        drop(lock);
        drop(taken(&two.other, 1));
        drop(beside);
        drop(taken(&two.one, 2));
    }
}

#[test]
fn who_waits_goes_on_when_the_lock_is_dropped_and_holds_nothing() {
    for two in Two::of_each_form() {
        let lock = taken(&two.one, 1);
        let waits: Vec<_> = (0..4).map(|_| wait(busy(&two.other, 1))).collect();
        assert!(waits.iter().all(|wait| wait.try_recv().is_err()));
        drop(lock);
        for wait in waits {
            wait.recv().unwrap().unwrap();
        }
        drop(taken(&two.one, 1));
        drop(taken(&two.other, 1));
    }
}

/// As when a future that waits is dropped, and the call is asked for again.
#[test]
fn a_wait_that_nobody_wants_any_more_unlocks_for_nobody_else() {
    for two in Two::of_each_form() {
        let lock = taken(&two.one, 1);
        let forgotten = wait(busy(&two.other, 1));
        drop(lock);
        let again = loop {
            if let Attempt::Taken(lock) = two.other.attempt(&key(1)).unwrap() {
                break lock;
            }
        };
        // It may only come to its end once the lock is free.
        let over = forgotten.try_recv().is_ok();
        busy(&two.one, 1);
        drop(again);
        if !over {
            forgotten.recv().unwrap().unwrap();
        }
        drop(taken(&two.one, 1));
    }
}

#[test]
fn others_see_who_has_a_lock_and_since_when() {
    for two in Two::of_each_form() {
        assert_eq!(two.other.holder(&key(1)), None);
        let before = Holder::now().since;
        let lock = taken(&two.one, 1);
        let holder = two.other.holder(&key(1)).unwrap();
        assert_eq!(holder.pid, process::id());
        assert!((before..=Holder::now().since).contains(&holder.since));
        assert_eq!(two.other.holder(&key(2)), None);
        drop(lock);
        assert_eq!(two.other.holder(&key(1)), None);
    }
}

#[test]
fn many_locks_are_held_at_a_time() {
    let two = &Two::of_each_form()[usize::from(range::AVAILABLE)];
    let fingerprint = |number: u32| {
        let hash = blake3::hash(&number.to_le_bytes());
        Fingerprint::from_bytes(*hash.as_bytes())
    };
    let count = if range::AVAILABLE { 5000 } else { 50 };
    let attempt = |locks: &Locks, number| locks.attempt(&fingerprint(number)).unwrap();
    let mut held: Vec<_> = (0..count)
        .map(|number| match attempt(&two.one, number) {
            Attempt::Taken(lock) => Some(lock),
            Attempt::Busy(_) => panic!("two share a lock"),
        })
        .collect();
    for number in (0..count).step_by(3) {
        held[number as usize] = None;
    }
    for number in 0..count {
        let is_free = matches!(attempt(&two.other, number), Attempt::Taken(_));
        assert_eq!(is_free, number % 3 == 0, "{number}");
    }
    assert!(two.files().len() <= 64, "{:?}", two.files());
}

#[test]
fn files_are_made_anew_where_the_folder_was_replaced() {
    for two in Two::of_each_form() {
        drop(taken(&two.one, 1));
        let folder = two.folder.path();
        std::fs::remove_dir_all(folder).unwrap();
        std::fs::create_dir(folder).unwrap();
        two.one.reopen();
        let lock = taken(&two.one, 1);
        busy(&two.other, 1);
        drop(lock);
    }
}

#[test]
fn where_there_is_no_folder_there_are_no_locks() {
    for two in Two::of_each_form() {
        std::fs::remove_dir_all(two.folder.path()).unwrap();
        assert!(two.one.attempt(&key(1)).is_err());
        assert_eq!(two.one.holder(&key(1)), None);
    }
}

#[test]
fn a_folder_in_the_way_of_a_lock_file_is_an_error() {
    for two in Two::of_each_form() {
        for name in ["flights-01", &key(1).to_string()] {
            std::fs::create_dir(two.folder.path().join(name)).unwrap();
        }
        assert!(two.one.attempt(&key(1)).is_err());
    }
}

/// A holder that was killed leaves its file.
#[test]
fn what_a_dead_holder_left_is_taken_over() {
    for two in Two::of_each_form() {
        drop(taken(&two.one, 1));
        let files = [two.folder.path().join(key(1).to_string())];
        for file in files.iter().chain(&two.files()) {
            std::fs::write(file, "pid 1\nsince 0\n".repeat(100)).unwrap();
        }
        let lock = taken(&two.one, 1);
        assert_eq!(two.other.holder(&key(1)).unwrap().pid, process::id());
        drop(lock);
    }
}
