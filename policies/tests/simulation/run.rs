use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::{Duration, Instant};

use fastrand::Rng;
use helenus_policies::{
    Attempt as Tried, DefaultRetry, Plan, RequestFailure, Retry, RetryDecision, Routing, Running,
};
use helenus_protocol::{Consistency, ErrorKind, Token};

use super::client::Client;
use super::cluster::Cluster;
use super::node::{Attempt, Node, Taken};
use super::report::Report;
use super::scenario::{Scenario, Trouble};

/// The way to a node and back.
const WAY: Duration = Duration::from_micros(100);
/// How long it takes to see that a node is dead, and that it is back.
const SEES_DEATH: Duration = Duration::from_millis(20);
const SEES_LIFE: Duration = Duration::from_secs(1);
const CONSISTENCY: Consistency = Consistency::One;

/// Something that happens at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Request,
    /// An attempt reaches its node.
    Arrives(Attempt),
    /// A node is done with an attempt.
    Done(Attempt),
    Answered(Attempt),
    Failed(Attempt, Failure),
    /// A retry has waited long enough.
    Retry(usize),
    Speculate(usize),
    Slow(u32, u32),
    Dies(u32),
    Lives(u32),
    SeenDead(u32),
    /// It is seen to be back, unless it has died again.
    SeenAlive(u32, u32),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Failure {
    Lost,
    Overloaded,
}

#[derive(Debug)]
struct Request {
    begun: Duration,
    token: Token,
    seed: u64,
    plan: Plan,
    retries: u32,
    speculations: u32,
    /// Attempts under way.
    attempts: u32,
    is_over: bool,
}

struct Run<'a> {
    scenario: &'a Scenario,
    client: &'a Client,
    cluster: Cluster,
    nodes: Vec<Node>,
    requests: Vec<Request>,
    events: BinaryHeap<Reverse<(Duration, u64, Event)>>,
    number: u64,
    random: Rng,
    report: Report,
}

/// Has a client go through a scenario.
pub(crate) fn run(scenario: &Scenario, client: &Client, start: Instant) -> Report {
    let cluster = Cluster::new(scenario, &*client.balancing, start);
    let count = cluster.seen.len();
    let report = Report {
        scenario: scenario.name,
        client: client.name,
        latencies: vec![],
        requests: 0,
        failed: 0,
        retries: 0,
        speculations: 0,
        attempts: vec![0; count],
        slow: scenario.nodes_in(|trouble| matches!(trouble, Trouble::Slow(_))),
    };
    let mut run = Run {
        scenario,
        client,
        cluster,
        nodes: vec![Node::new(); count],
        requests: vec![],
        events: BinaryHeap::new(),
        number: 0,
        random: Rng::with_seed(11),
        report,
    };
    run.plan_troubles();
    run.plan_in(Duration::ZERO, Event::Request);
    while let Some(Reverse((time, _, event))) = run.events.pop() {
        run.cluster.elapsed = time;
        run.handle(event);
    }
    assert_eq!(run.report.latencies.len() + run.report.failed, run.report.requests);
    assert!(run.cluster.seen.iter().all(|seen| seen.in_flight == 0));
    println!("{}", run.report);
    run.report
}

impl Run<'_> {
    fn plan_in(&mut self, later: Duration, event: Event) {
        self.number += 1;
        self.events.push(Reverse((self.cluster.elapsed.saturating_add(later), self.number, event)));
    }

    fn plan_troubles(&mut self) {
        for (node, time, trouble) in self.scenario.troubles.clone() {
            let (begins, ends) = match trouble {
                Trouble::Slow(times) => (Event::Slow(node, times), Event::Slow(node, 1)),
                Trouble::Dead => (Event::Dies(node), Event::Lives(node)),
            };
            self.plan_in(time.start, begins);
            if time.end != Duration::MAX {
                self.plan_in(time.end, ends);
            }
        }
    }

    fn handle(&mut self, event: Event) {
        match event {
            Event::Request => self.begin(),
            Event::Arrives(attempt) => self.arrive(attempt),
            Event::Done(attempt) => self.finish(attempt),
            Event::Answered(attempt) => self.answered(attempt),
            Event::Failed(attempt, failure) => self.failed(attempt, failure),
            Event::Retry(request) => self.send(request),
            Event::Speculate(request) => self.speculate(request),
            Event::Slow(node, times) => self.nodes[node as usize].slowness = times,
            Event::Dies(node) => {
                for lost in self.nodes[node as usize].die() {
                    self.plan_in(SEES_DEATH, Event::Failed(lost, Failure::Lost));
                }
                self.plan_in(SEES_DEATH, Event::SeenDead(node));
            }
            Event::Lives(node) => {
                self.nodes[node as usize].is_dead = false;
                let life = self.nodes[node as usize].life;
                self.plan_in(SEES_LIFE, Event::SeenAlive(node, life));
            }
            Event::SeenDead(node) => self.cluster.seen[node as usize].up_since = None,
            Event::SeenAlive(node, life) => {
                if self.nodes[node as usize].life == life {
                    let now = self.cluster.elapsed;
                    self.cluster.seen[node as usize].up_since = Some(now);
                }
            }
        }
    }

    fn begin(&mut self) {
        let token = match self.random.f64() < self.scenario.hot {
            true => Token(0),
            false => Token(self.random.i64(..)),
        };
        let request = self.requests.len();
        self.requests.push(Request {
            begun: self.cluster.elapsed,
            token,
            seed: self.random.u64(..),
            plan: Plan::default(),
            retries: 0,
            speculations: 0,
            attempts: 0,
            is_over: false,
        });
        self.report.requests += 1;
        if let Some(budget) = &self.client.budget {
            budget.deposit();
        }
        self.send(request);
        self.plan_speculation(request);
        let mean = 1.0 / f64::from(self.scenario.requests_per_second);
        let pause = Duration::from_secs_f64(-(1.0 - self.random.f64()).ln() * mean);
        if self.cluster.elapsed + pause < self.scenario.length {
            self.plan_in(pause, Event::Request);
        }
    }

    /// Sends a request to the next node of its plan.
    fn send(&mut self, number: usize) {
        let request = &mut self.requests[number];
        if request.is_over {
            return;
        }
        let routing = Routing {
            token: Some(request.token),
            replicas: Some(&self.cluster.table),
            ..Routing::new(CONSISTENCY, request.seed)
        };
        let next = request.plan.next(&*self.client.balancing, &routing, &self.cluster);
        let Some(node) = next.map(|node| node.0) else {
            return self.give_up(number);
        };
        request.attempts += 1;
        let sent = self.cluster.elapsed;
        let life = self.nodes[node as usize].life;
        self.report.attempts[node as usize] += 1;
        self.cluster.seen[node as usize].in_flight += 1;
        self.plan_in(WAY, Event::Arrives(Attempt { request: number, node, sent, life }));
    }

    fn give_up(&mut self, request: usize) {
        let request = &mut self.requests[request];
        if request.attempts == 0 {
            request.is_over = true;
            self.report.failed += 1;
        }
    }

    fn arrive(&mut self, attempt: Attempt) {
        let node = &mut self.nodes[attempt.node as usize];
        if node.is_dead || node.life != attempt.life {
            return self.plan_in(SEES_DEATH, Event::Failed(attempt, Failure::Lost));
        }
        match node.take(attempt, &mut self.random) {
            Taken::Started(time) => self.plan_in(time, Event::Done(attempt)),
            Taken::Queued => {}
            Taken::Overloaded => self.plan_in(WAY, Event::Failed(attempt, Failure::Overloaded)),
        }
    }

    fn finish(&mut self, attempt: Attempt) {
        let node = &mut self.nodes[attempt.node as usize];
        if node.life != attempt.life {
            return self.plan_in(SEES_DEATH, Event::Failed(attempt, Failure::Lost));
        }
        if let Some((next, time)) = node.finish(&mut self.random) {
            self.plan_in(time, Event::Done(next));
        }
        self.plan_in(WAY, Event::Answered(attempt));
    }

    fn answered(&mut self, attempt: Attempt) {
        let (elapsed, now) = (self.cluster.elapsed, self.cluster.time());
        let seen = &mut self.cluster.seen[attempt.node as usize];
        seen.in_flight -= 1;
        let latency = elapsed - attempt.sent;
        seen.latency.record(latency, now);
        if let Some(speculation) = &self.client.speculation {
            speculation.on_answer(latency, now);
        }
        let request = &mut self.requests[attempt.request];
        request.attempts -= 1;
        if !request.is_over {
            request.is_over = true;
            self.report.latencies.push(elapsed - request.begun);
        }
    }

    fn failed(&mut self, attempt: Attempt, failure: Failure) {
        self.cluster.seen[attempt.node as usize].in_flight -= 1;
        let now = self.cluster.time();
        let request = &mut self.requests[attempt.request];
        request.attempts -= 1;
        if request.is_over {
            return;
        }
        let tried =
            Tried { consistency: CONSISTENCY, is_idempotent: true, retries: request.retries };
        let budget = self.client.budget.as_ref();
        let (failure, may) = match failure {
            Failure::Lost => {
                (RequestFailure::ConnectionLost, budget.is_none_or(|budget| budget.borrow(now)))
            }
            Failure::Overloaded => (
                RequestFailure::Server(&ErrorKind::Overloaded),
                budget.is_none_or(|budget| budget.withdraw(now)),
            ),
        };
        let decision = DefaultRetry.on_request_failure(failure, &tried);
        if may && matches!(decision, RetryDecision::NextNode(_)) {
            let wait = self.client.backoff.delay(request.retries, self.random.u64(..));
            request.retries += 1;
            self.report.retries += 1;
            self.plan_in(wait, Event::Retry(attempt.request));
        } else {
            self.give_up(attempt.request);
        }
    }

    fn plan_speculation(&mut self, request: usize) {
        let Some(speculation) = &self.client.speculation else { return };
        let speculations = self.requests[request].speculations;
        if let Some(delay) = speculation.next(&Running { is_idempotent: true, speculations }) {
            self.plan_in(delay, Event::Speculate(request));
        }
    }

    fn speculate(&mut self, request: usize) {
        if self.requests[request].is_over {
            return;
        }
        self.requests[request].speculations += 1;
        self.report.speculations += 1;
        self.send(request);
        self.plan_speculation(request);
    }
}
