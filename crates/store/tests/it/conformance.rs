//! What every backend has to do, whatever it is made of. A case is a function of a fresh store;
//! a backend runs them all through [`conformance!`] with its own way of opening one.

pub(crate) mod alerts;
pub(crate) mod analyses;
pub(crate) mod audit;
pub(crate) mod clusters;
pub(crate) mod credentials;
pub(crate) mod events;
pub(crate) mod investigations;
pub(crate) mod objects;
pub(crate) mod observations;
pub(crate) mod reports;
pub(crate) mod tokens;

use fleetscope_model::{Event, EventSeq, Fault};
use fleetscope_ports::{Error, Store};

/// Makes a test of every case. `$fresh` is a function of a case that opens a fresh store, runs the
/// case on it, and clears up.
macro_rules! conformance {
    ($fresh:path; $($aggregate:ident: $($case:ident),+;)+) => {
        $(mod $aggregate {
            $(#[tokio::test]
            async fn $case() {
                $fresh(crate::conformance::$aggregate::$case).await;
            })+
        })+
    };
    ($fresh:path) => {
        $crate::conformance::conformance! {
            $fresh;
            clusters:
                what_is_stored_is_read_back_and_told_of,
                a_taken_name_is_refused_and_nothing_is_told,
                an_update_has_to_follow_the_stored_generation,
                of_concurrent_updates_exactly_one_wins,
                an_update_can_rename_and_may_not_take_a_name,
                a_removal_asks_for_the_generation_only_if_one_is_given,
                what_tells_of_a_cluster_alone_goes_with_it_where_that_is_asked_for,
                what_is_not_there_is_not_found,
                a_list_is_sorted_by_name_and_given_in_parts,
                a_list_that_changes_meanwhile_gives_nothing_twice;
            credentials:
                a_generation_is_given_once_and_never_again,
                an_earlier_or_unreserved_state_never_becomes_the_current_one,
                use_and_key_are_told_of_the_current_state_only,
                what_is_under_other_keys_is_given_in_parts,
                credentials_go_with_their_cluster,
                an_installation_keeps_its_first_id;
            observations:
                the_latest_word_replaces_the_one_before_and_is_told_of,
                lists_show_of_each_cluster_the_essence,
                they_go_with_their_cluster;
            tokens:
                a_token_is_found_by_its_digest_alone,
                a_taken_name_is_refused_and_nothing_is_told,
                a_revoked_token_is_found_no_more,
                a_list_is_sorted_by_name_and_counted;
            audit:
                what_is_appended_is_read_back_newest_first_and_in_parts,
                a_cursor_of_another_list_is_refused;
            events:
                the_log_is_empty_at_first,
                places_grow_by_one_in_the_order_of_appending,
                a_reading_begins_after_a_place_and_is_bounded,
                a_reading_can_be_of_some_kinds_only,
                a_follower_is_woken_after_the_event_can_be_read,
                concurrent_appends_keep_their_own_order;
            alerts:
                news_is_told_once_and_counted_in_its_minute,
                what_is_known_is_bounded_and_the_oldest_is_told_anew,
                what_has_ended_is_forgotten_after_a_week,
                alerts_go_with_their_cluster;
            analyses:
                what_is_stored_is_read_back_to_the_last_bit,
                a_number_that_json_can_not_say_is_refused_whole,
                a_second_put_replaces_the_first,
                the_list_is_newest_first_and_given_in_parts,
                a_part_of_large_documents_ends_early,
                pending_work_is_given_oldest_first;
            investigations:
                what_is_stored_is_read_back_and_told_of,
                a_revision_has_to_be_newer_than_the_stored_one,
                of_concurrent_revisions_exactly_one_wins,
                the_list_is_newest_first,
                fingerprints_are_given_newest_first_of_those_before_one,
                a_fingerprint_is_that_of_the_newest_revision,
                pending_and_open_ones_are_given_oldest_first;
            reports:
                what_is_stored_is_read_back_and_told_of,
                a_second_report_of_the_same_id_or_object_is_refused,
                a_removed_report_is_given_back_once,
                the_list_is_newest_first,
                objects_of_reports_are_known_from_others;
            objects:
                what_is_put_is_got_back,
                a_second_put_replaces_the_first,
                a_removal_may_be_repeated,
                a_list_is_of_a_prefix_sorted_and_bounded,
                a_key_that_could_leave_the_store_is_refused;
        }
    };
}
pub(crate) use conformance;

/// The error's code, after checking that its message says something to people.
#[track_caller]
pub(crate) fn code<T: std::fmt::Debug>(result: Result<T, Error>) -> &'static str {
    let error = result.unwrap_err();
    assert!(
        error.message().contains(": "),
        "says not what to do: {error}"
    );
    error.code()
}

/// The whole log.
pub(crate) async fn log(store: &Store) -> Vec<Event> {
    let events = store.events.after(EventSeq(0), &[], 1000).await.unwrap();
    assert_eq!(
        events.last().map_or(EventSeq(0), |event| event.seq),
        *store.events.head().borrow(),
        "the head is not the last event"
    );
    events
}
