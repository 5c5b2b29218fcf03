//! Jobs and cron jobs.

use jiff::Timestamp;
use serde_json::Value;

use super::workloads::{containers, template};
use super::{Column, NONE, Printer, age_of, each, name_of, number, selector, text, text_or_none};
use crate::kubernetes::human;

pub(super) const JOBS: Printer = Printer {
    columns: &[
        Column::name(),
        Column::text("Status", "Whether it runs, is complete or failed."),
        Column::text("Completions", "Pods that succeeded, of the wanted ones."),
        Column::text("Duration", "Time from its start to its end, or till now."),
        Column::age(),
        Column::wide("Containers", "Names of the containers."),
        Column::wide("Images", "Images of the containers."),
        Column::wide("Selector", "Labels of its pods."),
    ],
    cells: |job, now| {
        let mut cells = vec![
            name_of(job),
            status(job).into(),
            completions(job).into(),
            duration(job, now).into(),
            age_of(job, now),
        ];
        cells.extend(template(job));
        cells.push(selector(&job["spec"]["selector"]).into());
        cells
    },
};

pub(super) const CRON_JOBS: Printer = Printer {
    columns: &[
        Column::name(),
        Column::text("Schedule", "When it runs, as in crontab."),
        Column::text("Timezone", "Time zone of the schedule."),
        Column {
            name: "Suspend",
            kind: "boolean",
            description: "Whether no new run is started.",
            priority: 0,
        },
        Column::number("Active", "Runs under way."),
        Column::text("Last Schedule", "Time since the last run was started."),
        Column::age(),
        Column::wide("Containers", "Names of the containers."),
        Column::wide("Images", "Images of the containers."),
        Column::wide("Selector", "Labels of its pods."),
    ],
    cells: cron_job,
};

fn cron_job(cron: &Value, now: Timestamp) -> Vec<Value> {
    let spec = &cron["spec"];
    let suspend = match spec["suspend"].as_bool() {
        None => "<unset>",
        Some(true) => "True",
        Some(false) => "False",
    };
    let last = match cron["status"]["lastScheduleTime"].as_str() {
        None => NONE.to_owned(),
        time => human::age(time, now),
    };
    let mut cells = vec![
        name_of(cron),
        text(&spec["schedule"]).into(),
        text_or_none(&spec["timeZone"]).into(),
        suspend.into(),
        each(&cron["status"]["active"]).count().into(),
        last.into(),
        age_of(cron, now),
    ];
    cells.extend(containers(&spec["jobTemplate"]["spec"]["template"]));
    cells.push(selector(&spec["jobTemplate"]["spec"]["selector"]).into());
    cells
}

fn status(job: &Value) -> &'static str {
    const BY_CONDITION: [(&str, &str); 5] = [
        ("Complete", "Complete"),
        ("Failed", "Failed"),
        ("Suspended", "Suspended"),
        ("FailureTarget", "FailureTarget"),
        ("SuccessCriteriaMet", "SuccessCriteriaMet"),
    ];
    let holds = |kind: &str| {
        each(&job["status"]["conditions"])
            .any(|condition| condition["type"] == kind && condition["status"] == "True")
    };
    let found = BY_CONDITION.iter().find(|(kind, _)| holds(kind));
    match found {
        Some((_, shown @ ("Complete" | "Failed"))) => shown,
        _ if !job["metadata"]["deletionTimestamp"].is_null() => "Terminating",
        Some((_, shown)) => shown,
        None => "Running",
    }
}

fn completions(job: &Value) -> String {
    let succeeded = number(&job["status"]["succeeded"]);
    if let Some(wanted) = job["spec"]["completions"].as_i64() {
        return format!("{succeeded}/{wanted}");
    }
    match number(&job["spec"]["parallelism"]) {
        parallel @ 2.. => format!("{succeeded}/1 of {parallel}"),
        _ => format!("{succeeded}/1"),
    }
}

fn duration(job: &Value, now: Timestamp) -> String {
    let time = |field: &str| job["status"][field].as_str()?.parse::<Timestamp>().ok();
    let Some(start) = time("startTime") else {
        return String::new();
    };
    let end = time("completionTime").unwrap_or(now);
    human::duration(end.as_second() - start.as_second())
}
