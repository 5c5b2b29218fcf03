//! Reports: writing, reading and removing them.

use bytes::Bytes;
use fleetscope_model::{
    Caller, ErrorKind, EventKind, Fault, InvestigationId, NewEvent, Page, PageRequest, Permission,
    Report, ReportFormat, ReportId,
};

use crate::hash::sha256_hex;
use crate::investigations::perform::told_of;
use crate::service::{authorise, check_page};
use crate::visible::report::visible;
use crate::visible::{Eyes, absent};
use crate::{Error, Intelligence, Result};

mod document;

/// Every report's text lies below this key.
pub(crate) const PREFIX: &str = "reports/";

/// A title is a line, not a text.
const LONGEST_TITLE: usize = 200;

impl Intelligence {
    /// Writes a report of the investigation as it stands.
    ///
    /// The text is stored first and the report's record, with its event, second: a report that is
    /// listed has its text, whatever breaks in between. What is left over then is swept.
    ///
    /// Needs `Operate`. `NotFound` where there is no such investigation, `Conflict`
    /// (`investigation_unfinished`) where it has found nothing yet, `Invalid` for a bad title.
    pub async fn write_report(
        &self,
        caller: &Caller,
        investigation: InvestigationId,
        title: Option<String>,
    ) -> Result<Report> {
        authorise(caller, Permission::Operate)?;
        let title = title.as_deref().map(check_title).transpose()?;
        let look = self.visible_investigation(caller, investigation);
        let investigation = self.found("investigation", &investigation, look).await?;
        let Some(findings) = &investigation.findings else {
            return Err(Error::NoFindings(investigation.id));
        };
        let now = self.clock.now();
        let title = title.unwrap_or_else(|| document::title(&investigation, findings));
        let text = document::document(&investigation, findings, &title).to_markdown();
        let id = ReportId::new(self.ids.next(now));
        let report = Report {
            id,
            title,
            investigation: investigation.id,
            investigation_revision: investigation.revision,
            format: ReportFormat::Markdown,
            object: format!("{PREFIX}{id}.{}", ReportFormat::Markdown.extension()),
            bytes: text.len() as u64,
            sha256: sha256_hex([text.as_bytes()]),
            requested_by: caller.name.clone(),
            created_at: now,
            places: told_of(&investigation),
        };
        self.store_report(&report, Bytes::from(text)).await?;
        Ok(report)
    }

    /// One report that the caller may see, without its text. Needs `Read`.
    pub async fn report(&self, caller: &Caller, id: ReportId) -> Result<Report> {
        authorise(caller, Permission::Read)?;
        let look = async {
            match absent(self.store.reports.get(id).await)? {
                Some(report) => visible(&mut Eyes::of(self, caller), report).await,
                None => Ok(None),
            }
        };
        self.found("report", &id, look).await
    }

    /// Reports that the caller may see, newest first. Needs `Read`.
    pub async fn reports(&self, caller: &Caller, page: &PageRequest) -> Result<Page<Report>> {
        authorise(caller, Permission::Read)?;
        check_page(page)?;
        self.seen_page(caller, page).await
    }

    /// A report and its text, checked against the length and digest in its record. Needs `Read`.
    pub async fn report_text(&self, caller: &Caller, id: ReportId) -> Result<(Report, Bytes)> {
        let report = self.report(caller, id).await?;
        let text = match self.store.objects.get(&report.object).await {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Err(self.missing_text(id).await);
            }
            Err(error) => return Err(error.into()),
        };
        let digest = sha256_hex([text.as_ref()]);
        if digest != report.sha256 {
            let detail = format!("the record says {}, the text has {digest}", report.sha256);
            return Err(Error::DamagedReport { id, detail });
        }
        Ok((report, text))
    }

    /// Removes a report: its record with the event first, then its text. Needs `Operate`.
    pub async fn delete_report(&self, caller: &Caller, id: ReportId) -> Result<()> {
        authorise(caller, Permission::Operate)?;
        let report = self.report(caller, id).await?;
        let event = NewEvent {
            at: self.clock.now(),
            kind: EventKind::ReportDeleted,
            subject: id.to_string(),
            actor: caller.name.clone(),
            summary: format!("{} removed a report", caller.name),
            places: report.places,
        };
        let report = self.store.reports.delete(id, &event).await?;
        if let Err(error) = self.store.objects.delete(&report.object).await {
            // The report is gone for everybody; its text is swept later.
            tracing::warn!(report = %id, %error, "the text of a removed report is left over");
        }
        Ok(())
    }

    async fn store_report(&self, report: &Report, text: Bytes) -> Result<()> {
        self.store.objects.put(&report.object, text).await?;
        let event = NewEvent {
            at: report.created_at,
            kind: EventKind::ReportCreated,
            subject: report.id.to_string(),
            actor: report.requested_by.clone(),
            summary: report.title.clone(),
            places: report.places.clone(),
        };
        if let Err(error) = self.store.reports.insert(report, &event).await {
            // The record may have been stored although the answer was lost, so the text stays:
            // if there is no record, it is swept.
            return Err(error.into());
        }
        Ok(())
    }

    /// The text is gone: because the report was just removed, or because it was lost.
    async fn missing_text(&self, id: ReportId) -> Error {
        match self.store.reports.get(id).await {
            Ok(_) => Error::DamagedReport {
                id,
                detail: "there is no object".to_owned(),
            },
            Err(error) => error.into(),
        }
    }
}

/// A title of one line.
fn check_title(title: &str) -> Result<String> {
    let title = title.trim();
    let long = title.chars().count() > LONGEST_TITLE;
    if title.is_empty() || long || title.chars().any(char::is_control) {
        return Err(Error::invalid(
            "invalid_title",
            "/title",
            format!("a title is one line of 1 to {LONGEST_TITLE} characters"),
        ));
    }
    Ok(title.to_owned())
}
