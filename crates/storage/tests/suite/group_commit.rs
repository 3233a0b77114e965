use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use rapport_status::{Error, Reason, Result};
use rapport_storage::{
    Stored as _,
    group::{Batch, Committer, Executed, MOST_OPERATIONS},
};
use sea_orm::{ActiveValue::Set, DatabaseTransaction, EntityTrait as _, PaginatorTrait as _};

use crate::{number, open};

/// Stores numbers: odd ids are refused, negative values break the table's check.
pub(crate) struct Numbers {
    pub(crate) transactions: Arc<AtomicUsize>,
}

#[async_trait::async_trait]
impl Batch for Numbers {
    type Operation = (i64, i64);
    type Answer = i64;

    fn name(&self) -> &'static str {
        "numbers"
    }

    async fn execute(
        &self,
        transaction: &DatabaseTransaction,
        operations: &[(i64, i64)],
    ) -> Result<Executed<i64>> {
        self.transactions.fetch_add(1, Ordering::SeqCst);
        assert!(operations.len() <= MOST_OPERATIONS);
        let mut answers = Vec::new();
        for &(id, value) in operations {
            if id % 2 == 1 {
                answers.push(Err(Error::new(Reason::InsufficientPoints, "odd")));
                continue;
            }
            let row = number::ActiveModel {
                id: Set(id),
                value: Set(value),
                name: Set(String::new()),
                ..Default::default()
            };
            number::Entity::insert(row)
                .exec_without_returning(transaction)
                .await
                .stored("store a number")?;
            answers.push(Ok(id));
        }
        Ok(Executed::written(answers))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_callers_share_transactions_and_each_gets_its_own_answer() {
    let temporary = open().await;
    let store = temporary.store.clone();
    let transactions = Arc::new(AtomicUsize::new(0));
    let committer = Committer::start(
        store.clone(),
        Numbers {
            transactions: Arc::clone(&transactions),
        },
    );
    let calls: Vec<_> = (0..1_000)
        .map(|id| {
            let committer = committer.clone();
            tokio::spawn(async move { (id, committer.submit((id, 1)).await) })
        })
        .collect();
    for call in calls {
        match call.await.unwrap() {
            (id, Ok(answer)) => assert_eq!((id % 2, answer), (0, id)),
            (id, Err(error)) => assert_eq!((id % 2, error.reason()), (1, Reason::InsufficientPoints)),
        }
    }
    assert_eq!(number::Entity::find().count(store.read()).await.unwrap(), 500);
    let transactions = transactions.load(Ordering::SeqCst);
    assert!(transactions < 500, "1000 calls took {transactions} transactions");
    committer.drain().await;
}

#[tokio::test]
async fn an_operation_that_storage_refuses_does_not_fail_its_neighbours() {
    let temporary = open().await;
    let store = temporary.store.clone();
    let committer = Committer::start(
        store.clone(),
        Numbers {
            transactions: Arc::default(),
        },
    );
    let operations: Vec<(i64, i64)> = (0..64).map(|n| (n * 2, if n == 37 { -1 } else { n })).collect();
    let answers = committer.submit_all(operations).await;
    for (n, answer) in (0..).zip(&answers) {
        match answer {
            Ok(id) => assert_eq!(*id, n * 2),
            Err(error) => assert_eq!(
                (n, error.reason()),
                (37, Reason::InternalError),
                "{}",
                error.chain()
            ),
        }
    }
    assert_eq!(answers.iter().filter(|answer| answer.is_err()).count(), 1);
    assert_eq!(number::Entity::find().count(store.read()).await.unwrap(), 63);
}

#[tokio::test]
async fn an_idle_committer_answers_one_caller_without_waiting_for_company() {
    let temporary = open().await;
    let transactions = Arc::new(AtomicUsize::new(0));
    let committer = Committer::start(
        temporary.store.clone(),
        Numbers {
            transactions: Arc::clone(&transactions),
        },
    );
    for id in 0..10 {
        committer.submit((id * 2, 0)).await.unwrap();
    }
    assert_eq!(transactions.load(Ordering::SeqCst), 10);
}

#[tokio::test]
async fn draining_waits_for_what_is_queued() {
    let temporary = open().await;
    let store = temporary.store.clone();
    let committer = Committer::start(
        store.clone(),
        Numbers {
            transactions: Arc::default(),
        },
    );
    let waiting: Vec<_> = (0..100)
        .map(|id| {
            let committer = committer.clone();
            tokio::spawn(async move { committer.submit((id * 2, 0)).await })
        })
        .collect();
    tokio::task::yield_now().await;
    committer.drain().await;
    let answered = futures::future::join_all(waiting)
        .await
        .into_iter()
        .filter(|answer| matches!(answer, Ok(Ok(_))))
        .count();
    assert_eq!(
        number::Entity::find().count(store.read()).await.unwrap(),
        answered as u64
    );
}

#[tokio::test]
async fn a_handle_that_others_keep_does_not_hold_the_end_up_and_is_refused_afterwards() {
    let temporary = open().await;
    let committer = Committer::start(
        temporary.store.clone(),
        Numbers {
            transactions: Arc::default(),
        },
    );
    let kept = committer.clone();
    kept.submit((0, 0)).await.unwrap();
    committer.drain().await;
    let refused = kept.submit((2, 0)).await.unwrap_err();
    assert_eq!(refused.reason(), Reason::ShuttingDown);
}

/// Notes in which order operations are done; the thousands say what they are about.
struct Notes {
    done: Arc<std::sync::Mutex<Vec<i64>>>,
}

#[async_trait::async_trait]
impl Batch for Notes {
    type Operation = i64;
    type Answer = ();

    fn name(&self) -> &'static str {
        "notes"
    }

    fn subject(&self, operation: &i64) -> u64 {
        operation.unsigned_abs() / 1_000
    }

    fn most_operations(&self) -> usize {
        8
    }

    async fn execute(&self, _: &DatabaseTransaction, operations: &[i64]) -> Result<Executed<()>> {
        // Others get their turn in the middle of it.
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        self.done.lock().unwrap().extend(operations);
        Ok(Executed::written(operations.iter().map(|_| Ok(())).collect()))
    }
}

#[tokio::test]
async fn operations_about_one_thing_are_done_in_the_order_in_which_they_came() {
    let temporary = open().await;
    let done = Arc::<std::sync::Mutex<Vec<i64>>>::default();
    let notes = Notes {
        done: Arc::clone(&done),
    };
    let committer = Committer::start(temporary.store.clone(), notes);
    // Twenty things, ten operations about each, in turn.
    let operations: Vec<i64> = (0..200)
        .map(|number| (number % 20) * 1_000 + number / 20)
        .collect();
    committer.submit_all(operations).await;
    let done = done.lock().unwrap();
    assert_eq!(done.len(), 200);
    for thing in 0..20 {
        let order: Vec<i64> = done
            .iter()
            .filter(|number| **number / 1_000 == thing)
            .map(|number| number % 1_000)
            .collect();
        assert_eq!(order, (0..10).collect::<Vec<_>>(), "of thing {thing}");
    }
}
