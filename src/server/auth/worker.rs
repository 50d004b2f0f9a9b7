//! The thread that checks passwords, so that the event loop never waits for a hash. All addresses take
//! turns, so that none of them delays the others by more than a check.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::iter;
use std::net::IpAddr;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;

use super::code_program::CodePrograms;
use super::password;
use crate::server::hub::task::{Answer, Task, TaskRunner, Wake};
use crate::wire::sasl::scram_server::StoredPassword;

/// The two mailboxes of the thread. It ends when this is dropped.
struct Worker {
    tasks: Sender<Task>,
    answers: Receiver<Answer>,
}

/// Sends answers to the event loop.
#[derive(Clone)]
struct AnswerSender {
    answers: Sender<Answer>,
    wake: Arc<Mutex<Wake>>,
}

impl AnswerSender {
    fn send(&self, answer: Answer) {
        // The event loop may have ended.
        if self.answers.send(answer).is_ok()
            && let Ok(wake) = self.wake.lock()
        {
            wake();
        }
    }
}

/// Starts the thread. It calls `wake` after each answer.
pub(in crate::server) fn start(wake: Wake) -> io::Result<Box<dyn TaskRunner>> {
    let (tasks, inbox) = channel();
    let (outbox, answers) = channel();
    let thread = thread::Builder::new().name("auth".to_owned());
    let report = AnswerSender {
        answers: outbox,
        wake: Arc::new(Mutex::new(wake)),
    };
    thread.spawn(move || {
        let mut waiting = Turns::default();
        let programs = CodePrograms::default();
        while waiting.receive(&inbox) {
            let Some(task) = waiting.next() else {
                continue;
            };
            match task {
                Task::SendCode {
                    connection,
                    command,
                    input,
                } => {
                    let report = report.clone();
                    programs.run(command, input, move |is_sent| {
                        report.send(Answer::CodeSent {
                            connection,
                            is_sent,
                        });
                    });
                }
                Task::CheckPassword {
                    connection,
                    password,
                    hash,
                } => {
                    let is_correct = password::verify(&password, &hash);
                    // A gateway sends the same password for each of its users.
                    waiting.receive_more(&inbox);
                    let same = waiting.take_same(&password, &hash);
                    let others = same.iter().map(Task::connection);
                    for connection in iter::once(connection).chain(others) {
                        report.send(Answer::PasswordChecked {
                            connection,
                            is_correct,
                        });
                    }
                }
                task => {
                    if let Some(answer) = answer(task) {
                        report.send(answer);
                    }
                }
            }
        }
    })?;
    Ok(Box::new(Worker { tasks, answers }))
}

/// The tasks that wait, by address; those of operators, whose attempts are limited separately, have
/// no address.
#[derive(Debug, Default)]
struct Turns {
    tasks: BTreeMap<Option<IpAddr>, VecDeque<Task>>,
    /// The address whose turn it was last.
    last: Option<Option<IpAddr>>,
}

impl Turns {
    /// Takes all tasks that have come, and waits for one if there is none. False when there will be
    /// no more.
    fn receive(&mut self, inbox: &Receiver<Task>) -> bool {
        if self.tasks.is_empty() {
            match inbox.recv() {
                Ok(task) => self.add(task),
                Err(_) => return false,
            }
        }
        self.receive_more(inbox);
        true
    }

    /// Takes all tasks that have come.
    fn receive_more(&mut self, inbox: &Receiver<Task>) {
        inbox.try_iter().for_each(|task| self.add(task));
    }

    /// Takes the checks of this password against this hash.
    fn take_same(&mut self, password: &str, hash: &str) -> Vec<Task> {
        let Some(tasks) = self.tasks.remove(&None) else {
            return Vec::new();
        };
        let is_same = |task: &Task| {
            matches!(task, Task::CheckPassword { password: one, hash: other, .. }
                if one == password && other == hash)
        };
        let (same, rest): (Vec<_>, Vec<_>) = tasks.into_iter().partition(is_same);
        if !rest.is_empty() {
            self.tasks.insert(None, rest.into());
        }
        same
    }

    fn add(&mut self, task: Task) {
        let address = match &task {
            Task::CheckLogin { address, .. } | Task::DerivePassword { address, .. } => {
                Some(*address)
            }
            _ => None,
        };
        self.tasks.entry(address).or_default().push_back(task);
    }

    /// The next task of the address whose turn it is.
    fn next(&mut self) -> Option<Task> {
        let after = self.tasks.keys().find(|one| Some(**one) > self.last);
        let address = *after.or_else(|| self.tasks.keys().next())?;
        self.last = Some(address);
        let tasks = self.tasks.get_mut(&address)?;
        let task = tasks.pop_front();
        if tasks.is_empty() {
            self.tasks.remove(&address);
        }
        task
    }
}

impl TaskRunner for Worker {
    fn submit(&mut self, task: Task) {
        // The thread reads as long as this sender exists.
        let _ = self.tasks.send(task);
    }

    fn next_answer(&mut self) -> Option<Answer> {
        self.answers.try_recv().ok()
    }
}

fn answer(task: Task) -> Option<Answer> {
    match task {
        Task::CheckLogin {
            connection,
            password,
            stored,
            ..
        } => Some(Answer::LoginChecked {
            connection,
            is_correct: stored.is_password(&password.0),
        }),
        Task::DerivePassword {
            connection,
            password,
            salt,
            ..
        } => Some(Answer::PasswordDerived {
            connection,
            password: StoredPassword::derive(
                &password.0,
                salt.as_bytes(),
                StoredPassword::ITERATIONS,
            ),
        }),
        // It runs in a thread of its own.
        Task::SendCode { .. } => None,
        // The thread answers it.
        Task::CheckPassword { .. } => None,
        // The event loop reports it.
        Task::ReportStatus { .. } => None,
        // There is no store, so the hub asks for nothing from it.
        Task::ReadHistory(_) | Task::ChangeStore { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::hub::ConnectionId;
    use crate::server::hub::task::ClearPassword;

    #[test]
    fn addresses_take_turns_however_many_tasks_they_have() {
        let stored = StoredPassword::derive("sesame", b"salt", 1);
        let task = |host: u8, number| Task::CheckLogin {
            connection: ConnectionId::new(number, u32::from(host)),
            address: IpAddr::from([127, 0, 0, host]),
            password: ClearPassword("sesame".to_owned()),
            stored: stored.clone(),
        };
        let mut turns = Turns::default();
        (0..4).for_each(|number| turns.add(task(1, number)));
        let mut order = vec![turns.next().unwrap()];
        (0..2).for_each(|number| turns.add(task(3, number)));
        turns.add(task(2, 0));
        order.extend(iter::from_fn(|| turns.next()));
        let wanted = [(1, 0), (2, 0), (3, 0), (1, 1), (3, 1), (1, 2), (1, 3)];
        assert_eq!(order, wanted.map(|(host, number)| task(host, number)));
        assert!(turns.tasks.is_empty());
        let Some(Answer::LoginChecked { is_correct, .. }) = answer(task(1, 0)) else {
            panic!("no answer");
        };
        assert!(is_correct);
    }

    #[test]
    fn checks_of_the_same_password_are_one() {
        let task = |number, password: &str, hash: &str| Task::CheckPassword {
            connection: ConnectionId::new(number, 0),
            password: password.to_owned(),
            hash: hash.to_owned(),
        };
        let all = [("a", "1"), ("b", "1"), ("a", "2"), ("a", "1")];
        let mut turns = Turns::default();
        for (number, (password, hash)) in (0..).zip(all) {
            turns.add(task(number, password, hash));
        }
        assert_eq!(
            turns.take_same("a", "1"),
            [task(0, "a", "1"), task(3, "a", "1")]
        );
        assert_eq!(turns.next(), Some(task(1, "b", "1")));
        assert_eq!(turns.take_same("a", "2"), [task(2, "a", "2")]);
        assert!(turns.tasks.is_empty());
        assert!(turns.take_same("a", "1").is_empty());
    }

    #[test]
    fn each_password_gets_its_answer_and_the_event_loop_is_woken() {
        let (woken, wakes) = channel();
        let mut runner = start(Box::new(move || woken.send(()).unwrap())).unwrap();
        let hash = password::hash("sesame").unwrap();
        for (index, password) in (0..).zip(["sesame", "Sesame"]) {
            runner.submit(Task::CheckPassword {
                connection: ConnectionId::new(index, 0),
                password: password.to_owned(),
                hash: hash.clone(),
            });
        }
        for (index, is_correct) in (0..).zip([true, false]) {
            wakes.recv().unwrap();
            let connection = ConnectionId::new(index, 0);
            let answer = Answer::PasswordChecked {
                connection,
                is_correct,
            };
            assert_eq!(runner.next_answer(), Some(answer));
        }
        assert_eq!(runner.next_answer(), None);
    }
}
