//! The thread that checks passwords, so that the event loop never waits for a hash.

use std::io;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use super::password;
use crate::server::hub::task::{Answer, Task, TaskRunner};

/// The two mailboxes of the thread. It ends when this is dropped.
struct Worker {
    tasks: Sender<Task>,
    answers: Receiver<Answer>,
}

/// Starts the thread. It calls `wake` after each answer.
pub(in crate::server) fn start(wake: Box<dyn Fn() + Send>) -> io::Result<Box<dyn TaskRunner>> {
    let (tasks, inbox) = channel();
    let (outbox, answers) = channel();
    let thread = thread::Builder::new().name("auth".to_owned());
    thread.spawn(move || {
        for task in inbox {
            if let Some(answer) = answer(task) {
                if outbox.send(answer).is_err() {
                    return;
                }
                wake();
            }
        }
    })?;
    Ok(Box::new(Worker { tasks, answers }))
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
        Task::CheckPassword {
            connection,
            password,
            hash,
        } => Some(Answer::PasswordChecked {
            connection,
            is_correct: password::verify(&password, &hash),
        }),
        // There is no store, so the hub asks for nothing from it.
        Task::ReadHistory(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::hub::ConnectionId;

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
