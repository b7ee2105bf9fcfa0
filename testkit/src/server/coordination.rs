//! What a coordinator has of its replicas: enough of them up, and their answers in time.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use helenus_protocol::{BatchKind, Cell, Consistency, QueryParameters, Token, WriteType};

use super::session::Session;
use crate::cluster::{Member, Topology};
use crate::engine::{Planned, Touched, serial_level};
use crate::fault::{Effect, Occasion};
use crate::query_error::QueryError;
use crate::replica::{Availability, Progress, Requirement, Strategy};
use crate::scylla::{Scylla, Tablets};

/// How a coordinator fares with the replicas of a request.
#[derive(Debug, Default)]
pub(super) struct Coordination {
    /// How long it waits for them.
    pub(super) delay: Duration,
    /// Too few of them answered.
    pub(super) failure: Option<QueryError>,
    /// It failed before anything was written.
    pub(super) is_void: bool,
}

/// What a client asks for.
#[derive(Clone, Copy)]
pub(super) struct Coordinated<'a> {
    pub(super) statements: &'a [(&'a Planned, &'a [Cell<'a>])],
    pub(super) texts: &'a [Arc<str>],
    /// Of a BATCH request.
    pub(super) batch: Option<BatchKind>,
}

impl Coordinated<'_> {
    fn planned(&self) -> impl Iterator<Item = &Planned> {
        self.statements.iter().map(|(planned, _)| *planned)
    }

    fn is_read(&self) -> bool {
        self.batch.is_none() && !self.planned().any(Planned::is_modification)
    }

    fn write_type(&self, touched: &[Touched<'_>]) -> WriteType {
        let kind = self.batch.or_else(|| self.planned().find_map(Planned::batch_kind));
        if self.planned().any(Planned::is_about_counters) {
            return WriteType::Counter;
        }
        match kind {
            // Writes to one partition are one write, whatever they came in.
            Some(BatchKind::Logged) if touched.len() > 1 => WriteType::Batch,
            Some(BatchKind::Unlogged) if touched.len() > 1 => WriteType::UnloggedBatch,
            _ => WriteType::Simple,
        }
    }
}

impl Session {
    /// Refuses a request with a level that it cannot have, or for which too few replicas are up, before anything is done, and else tells how long those
    /// that are up take.
    pub(super) fn coordinate(
        &self,
        request: Coordinated<'_>,
        parameters: &QueryParameters<'_>,
    ) -> Result<Coordination, QueryError> {
        for planned in request.planned() {
            planned.check_level(parameters.consistency, request.batch.is_some())?;
        }
        let serial = request
            .planned()
            .any(Planned::is_conditional)
            .then(|| serial_level(parameters.serial_consistency))
            .transpose()?;
        let topology = self.cluster.topology();
        let availability = Availability {
            placement: &topology.placement,
            datacenter: &self.member.datacenter,
            is_up: &|node| topology.members.get(node).is_some_and(|member| member.is_up()),
        };
        if self.cluster.troubles.are_none() {
            let mut is_settled = true;
            for strategy in request.planned().flat_map(Planned::strategies) {
                for level in serial.into_iter().chain([parameters.consistency]) {
                    match availability.check_while_all_are_up(strategy, level) {
                        Some(checked) => checked?,
                        None => is_settled = false,
                    }
                }
            }
            if is_settled {
                return Ok(Coordination::default());
            }
        }
        let mut touched = Vec::new();
        for (planned, values) in request.statements {
            touched.extend(self.cluster.engine.touched(planned, values)?);
        }
        touched.sort_by_key(Touched::first);
        touched.dedup();
        let timeouts = self.cluster.settings.timeouts;
        let timeout = if request.is_read() { timeouts.read } else { timeouts.write };
        let mut round = Round {
            availability,
            topology: &topology,
            coordinator: &self.member,
            occasion: Occasion::Replica(request.texts.to_vec()),
            tablets: self.cluster.settings.scylla.and_then(Scylla::tablet_routing),
            timeout,
            times: HashMap::new(),
        };
        let mut coordination = Coordination::default();
        if let Some(level) = serial {
            round
                .run(&touched, level, &mut coordination, |short| short.of_write(WriteType::Cas))?;
            if coordination.failure.is_some() {
                coordination.is_void = true;
                return Ok(coordination);
            }
        }
        let write_type = request.write_type(&touched);
        let is_read = request.is_read();
        round.run(&touched, parameters.consistency, &mut coordination, |short| {
            if is_read { short.of_read() } else { short.of_write(write_type) }
        })?;
        Ok(coordination)
    }
}

/// Too few answers came in time.
struct Shortfall {
    consistency: Consistency,
    received: usize,
    required: usize,
    /// Whether the replica was among them that is asked for more than a digest.
    data_present: bool,
}

impl Shortfall {
    fn of_read(self) -> QueryError {
        let Self { consistency, received, required, data_present } = self;
        QueryError::ReadTimeout { consistency, received, required, data_present }
    }

    fn of_write(self, write_type: WriteType) -> QueryError {
        let Self { consistency, received, required, .. } = self;
        QueryError::WriteTimeout { consistency, received, required, write_type }
    }
}

/// Asking the replicas of one request.
struct Round<'a> {
    availability: Availability<'a>,
    topology: &'a Topology,
    coordinator: &'a Member,
    occasion: Occasion,
    /// Where tables are divided into tablets, those have replicas rather than tokens.
    tablets: Option<Tablets>,
    timeout: Duration,
    /// After how long each replica that was asked answers, if ever.
    times: HashMap<usize, Option<Duration>>,
}

impl Round<'_> {
    fn run(
        &mut self,
        touched: &[Touched<'_>],
        level: Consistency,
        coordination: &mut Coordination,
        failure: impl Fn(Shortfall) -> QueryError,
    ) -> Result<(), QueryError> {
        let mut delay = Duration::ZERO;
        for part in touched {
            let (first, last, strategy) = match part {
                Touched::Token(token, strategy) => (*token, *token, *strategy),
                Touched::Range(first, last, strategy) => (*first, *last, *strategy),
                Touched::Everywhere => {
                    delay = delay.max(self.everywhere(coordination)?);
                    continue;
                }
            };
            if *strategy == Strategy::Local {
                continue;
            }
            for token in self.tokens(first, last, strategy) {
                match self.token(token, strategy, level)? {
                    Ok(after) => delay = delay.max(after),
                    Err(shortfall) => {
                        delay = self.timeout;
                        coordination.failure.get_or_insert_with(|| failure(shortfall));
                    }
                }
            }
        }
        coordination.delay += delay;
        Ok(())
    }

    /// Tokens that stand for all from `first` to `last`.
    fn tokens(&self, first: Token, last: Token, strategy: &Strategy) -> Vec<Token> {
        match self.tablets.filter(|_| Tablets::are_for(strategy)) {
            Some(tablets) => tablets.last_tokens(first, last).collect(),
            None => self.availability.tokens_for(first, last).collect(),
        }
    }

    fn token(
        &mut self,
        token: Token,
        strategy: &Strategy,
        level: Consistency,
    ) -> Result<Result<Duration, Shortfall>, QueryError> {
        let replicas = self.availability.live_replicas(token, strategy, level)?;
        let place = |node: &usize| self.topology.placement.datacenter(*node);
        let places: Vec<_> = replicas.iter().map(place).collect();
        let answers: Vec<_> = places
            .into_iter()
            .zip(&replicas)
            .map(|(place, node)| (place, self.time(*node)))
            .collect();
        let requirement = Requirement::new(level, strategy, self.availability.datacenter);
        Ok(match requirement.progress(&answers) {
            Progress::Enough { after } => Ok(after),
            Progress::TooFew { received, required } => {
                let nearest = self.nearest(&replicas).and_then(|node| self.time(node));
                let data_present = nearest.is_some();
                Err(Shortfall { consistency: level, received, required, data_present })
            }
        })
    }

    /// The replica that is asked for the data: the coordinator itself, or else one of its data center.
    fn nearest(&self, replicas: &[usize]) -> Option<usize> {
        let members = &self.topology.members;
        let is_coordinator = |node: &&usize| members[**node].host_id == self.coordinator.host_id;
        let is_local = |node: &&usize| members[**node].datacenter == self.coordinator.datacenter;
        let nearest = replicas.iter().find(is_coordinator);
        nearest.or_else(|| replicas.iter().find(is_local)).or(replicas.first()).copied()
    }

    fn everywhere(&mut self, coordination: &mut Coordination) -> Result<Duration, QueryError> {
        let members = &self.topology.members;
        let alive = members.iter().filter(|member| member.is_up()).count();
        let required = members.len();
        if alive < required {
            let consistency = Consistency::All;
            return Err(QueryError::Unavailable { consistency, required, alive });
        }
        let times: Vec<_> = (0..required).filter_map(|node| self.time(node)).collect();
        if times.len() < required {
            coordination.failure = Some(QueryError::TruncateTimeout { received: times.len() });
            return Ok(self.timeout);
        }
        Ok(times.into_iter().max().unwrap_or_default())
    }

    /// After how long a replica answers, if it does in time. It is asked once, however much of the request it has a
    /// part in.
    fn time(&mut self, node: usize) -> Option<Duration> {
        let Self { topology, occasion, timeout, times, .. } = self;
        let member = &topology.members[node];
        let time = times.entry(node).or_insert_with(|| answer_time(member, occasion));
        time.filter(|time| time < timeout)
    }
}

fn answer_time(member: &Member, occasion: &Occasion) -> Option<Duration> {
    if member.is_frozen() {
        return None;
    }
    let mut time = Duration::ZERO;
    if member.faults.any() {
        for effect in member.faults.strike(occasion) {
            match effect {
                Effect::Delay(delay) => time += delay,
                _ => return None,
            }
        }
    }
    Some(time)
}
