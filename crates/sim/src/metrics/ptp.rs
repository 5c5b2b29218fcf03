//! `openshift_ptp_*` of linuxptp-daemon.

use super::{Sink, series};
use crate::tsdb::{SeriesId, Tsdb};
use crate::world::World;
use crate::world::nodes::Node;
use crate::world::ptp::{Clock, Lock};

pub(super) struct ClockSeries {
    source: Servo,
    system: Servo,
    delay: Option<SeriesId>,
    class: SeriesId,
    role: SeriesId,
    /// GNSS status and NMEA status, of a grandmaster.
    receiver: Option<[SeriesId; 2]>,
    constants: Vec<(SeriesId, f64)>,
}

/// One daemon that steers one clock after another.
struct Servo {
    offset: SeriesId,
    max_offset: SeriesId,
    frequency: SeriesId,
    state: SeriesId,
}

/// `openshift_ptp_interface_role`.
const SLAVE: f64 = 1.0;
const MASTER: f64 = 2.0;
const LISTENING: f64 = 5.0;

/// The address at which the daemon of a node is scraped.
pub(super) fn instance(node: &Node) -> String {
    format!("{}:9091", node.address)
}

impl ClockSeries {
    pub(super) fn new(db: &mut Tsdb, world: &World, clock: &Clock) -> Self {
        let node = world.nodes[clock.node].spec.name;
        let instance = instance(&world.nodes[clock.node]);
        let labels = [
            ("job", "ptp-monitor-service"),
            ("instance", instance.as_str()),
            ("namespace", "openshift-ptp"),
            ("node", node),
        ];
        let process = clock.process();
        let config = [("process", process), ("config", "ptp4l.0.config")];
        let role = [("process", "ptp4l"), ("iface", clock.iface)];
        let receiver = clock.is_grandmaster().then(|| {
            let gnss = [
                ("from", "gnss"),
                ("process", "gnss"),
                ("iface", clock.iface),
            ];
            let nmea = [("process", "ts2phc"), ("iface", clock.iface)];
            [
                series(db, "openshift_ptp_gnss_status", &labels, &gnss),
                series(db, "openshift_ptp_nmea_status", &labels, &nmea),
            ]
        });
        Self {
            source: Servo::new(db, &labels, process, "master", clock.iface),
            system: Servo::new(db, &labels, "phc2sys", "phc", "CLOCK_REALTIME"),
            delay: clock.upstream.map(|_| {
                let more = [
                    ("from", "master"),
                    ("process", "ptp4l"),
                    ("iface", clock.iface),
                ];
                series(db, "openshift_ptp_delay_ns", &labels, &more)
            }),
            class: series(
                db,
                "openshift_ptp_clock_class",
                &labels,
                &[("process", "ptp4l"), config[1]],
            ),
            role: series(db, "openshift_ptp_interface_role", &labels, &role),
            receiver,
            constants: constants(db, &labels, process),
        }
    }

    pub(super) fn write(&mut self, sink: &mut Sink<'_>, clock: &Clock) {
        let locked = clock.lost.is_none_or(|_| clock.state == Lock::Locked);
        self.source.write(
            sink,
            [clock.offset, clock.max_offset, clock.frequency],
            clock.state,
        );
        let system = [
            clock.system_offset,
            clock.system_offset.abs() + 6.0,
            clock.system_frequency,
        ];
        // The system clock follows its card, wherever that goes.
        self.system.write(sink, system, Lock::Locked);
        if let Some(id) = self.delay {
            sink.set(id, clock.delay.round());
        }
        sink.set(self.class, f64::from(clock.class));
        let role = match (clock.is_grandmaster(), locked) {
            (true, _) => MASTER,
            (false, true) => SLAVE,
            (false, false) => LISTENING,
        };
        sink.set(self.role, role);
        if let Some([gnss, nmea]) = self.receiver {
            sink.set(gnss, if locked { 3.0 } else { 0.0 });
            sink.set(nmea, f64::from(u8::from(locked)));
        }
        for &(id, value) in &self.constants {
            sink.set(id, value);
        }
    }
}

impl Servo {
    fn new(db: &mut Tsdb, labels: &[(&str, &str)], process: &str, from: &str, iface: &str) -> Self {
        let more = [("from", from), ("process", process), ("iface", iface)];
        Self {
            offset: series(db, "openshift_ptp_offset_ns", labels, &more),
            max_offset: series(db, "openshift_ptp_max_offset_ns", labels, &more),
            frequency: series(db, "openshift_ptp_frequency_adjustment_ns", labels, &more),
            state: series(db, "openshift_ptp_clock_state", labels, &more[1..]),
        }
    }

    fn write(&self, sink: &mut Sink<'_>, values: [f64; 3], state: Lock) {
        for (id, value) in [self.offset, self.max_offset, self.frequency]
            .into_iter()
            .zip(values)
        {
            sink.set(id, value.round());
        }
        sink.set(self.state, f64::from(state as u8));
    }
}

/// Processes, their restarts, and the thresholds of the profile (`ptpClockThreshold`).
fn constants(db: &mut Tsdb, labels: &[(&str, &str)], process: &str) -> Vec<(SeriesId, f64)> {
    let mut constants = Vec::new();
    let mut processes = vec!["ptp4l", "phc2sys"];
    if process == "ts2phc" {
        processes.push("ts2phc");
    }
    for process in processes {
        let config = format!("{process}.0.config");
        let more = [("process", process), ("config", config.as_str())];
        constants.push((
            series(db, "openshift_ptp_process_status", labels, &more),
            1.0,
        ));
        constants.push((
            series(db, "openshift_ptp_process_restart_count", labels, &more),
            1.0,
        ));
    }
    let thresholds = [
        ("HoldOverTimeout", 5.0),
        ("MaxOffsetThreshold", 100.0),
        ("MinOffsetThreshold", -100.0),
    ];
    for (threshold, value) in thresholds {
        let more = [("threshold", threshold), ("profile", "du-ptp")];
        constants.push((series(db, "openshift_ptp_threshold", labels, &more), value));
    }
    constants
}
