use fleetscope_model::Fault as _;

use super::*;

fn sent(query: &str, cluster: &str) -> Vec<String> {
    Plan::one(query).unwrap().texts(cluster).unwrap()
}

fn reason(query: &str) -> String {
    let error = Plan::one(query).unwrap_err();
    assert_eq!(error.code(), "across_clusters", "{query}");
    error.message()
}

#[test]
fn an_outermost_aggregation_is_put_together_and_an_average_is_a_sum_and_a_count() {
    for (query, parts) in [
        ("sum(x)", vec!["sum(x)"]),
        ("sort_desc(max by (a, b) (x))", vec!["max by (a, b) (x)"]),
        (
            "avg without (pod, cluster) (x)",
            vec!["sum without (pod) (x)", "count without (pod) (x)"],
        ),
        (
            "topk by (job) (3, rate(x[5m]))",
            vec!["topk by (job) (3, rate(x[5m]))"],
        ),
        ("count((x > 1))", vec!["count((x > 1))"]),
    ] {
        let plan = Plan::one(query).unwrap();
        assert!(!matches!(plan.merge, Merge::Each | Merge::Same), "{query}");
        assert_eq!(plan.texts("a").unwrap(), parts, "{query}");
    }
}

#[test]
fn what_keeps_the_cluster_is_each_clusters_own() {
    for (query, text) in [
        ("x", "x"),
        ("sum by (cluster) (x)", "sum(x)"),
        (
            "quantile by (cluster, a) (0.9, x)",
            "quantile by (a) (0.9, x)",
        ),
        ("sum without (pod) (x)", "sum without (pod) (x)"),
        ("sum(x) / sum(y)", "sum(x) / sum(y)"),
        (
            "a * on (job, cluster) group_left (b) c",
            "a * on (job) group_left (b) c",
        ),
        (
            "histogram_quantile(0.9, sum by (le) (rate(x[5m])))",
            "histogram_quantile(0.9, sum by (le) (rate(x[5m])))",
        ),
    ] {
        let plan = Plan::one(query).unwrap();
        assert_eq!(plan.merge, Merge::Each, "{query}");
        assert_eq!(plan.texts("a").unwrap(), [text], "{query}");
    }
}

#[test]
fn what_would_need_several_clusters_at_once_is_refused_with_the_reason() {
    for (query, said) in [
        ("quantile(0.9, x)", "quantile can't be put together"),
        ("stddev by (a) (x)", "by (cluster, …)"),
        ("scalar(x)", "scalar needs"),
        ("y > scalar(sum(x))", "scalar needs"),
        ("absent(x)", "absent asks"),
        ("sum(x) or vector(0)", "belongs to no cluster"),
        ("x / ignoring (cluster) y", "ignoring (cluster)"),
        ("x / on (a) group_left (cluster) y", "group_left"),
        ("topk(scalar(y), x)", "scalar needs"),
        ("topk(time(), x)", "plain number"),
        (
            "max(sum without (cluster) (x))",
            "only where it stands outermost",
        ),
        (
            "label_replace(x, \"a\", \"$1\", \"cluster\", \"(.*)\")",
            "label cluster",
        ),
        ("label_join(x, \"cluster\", \"-\", \"a\")", "label cluster"),
        (
            "count_values by (cluster) (\"cluster\", x)",
            "label cluster",
        ),
    ] {
        let reason = reason(query);
        assert!(reason.contains(said), "{query}: {reason}");
    }
}

#[test]
fn what_no_series_is_in_is_the_same_everywhere() {
    for query in [
        "1 + 1",
        "vector(time())",
        "sum(vector(1))",
        "scalar(vector(2))",
        "hour()",
    ] {
        assert_eq!(Plan::one(query).unwrap().merge, Merge::Same, "{query}");
    }
}

#[test]
fn what_is_said_of_the_cluster_is_settled_by_its_name() {
    for (query, a, b) in [
        ("x{cluster=\"a\"}", vec!["x"], vec![]),
        (
            "x{cluster=~\"a|c\",job=\"j\"}",
            vec!["x{job=\"j\"}"],
            vec![],
        ),
        ("{cluster=\"a\"}", vec!["{__name__!=\"\"}"], vec![]),
        (
            "x{cluster!=\"a\"} or y",
            vec!["x{__fleetscope_elsewhere__=\"1\"} or y"],
            vec!["x or y"],
        ),
        (
            "x unless y{cluster=\"a\"}",
            vec!["x unless y"],
            vec!["x unless y{__fleetscope_elsewhere__=\"1\"}"],
        ),
        ("sum(x{cluster=\"b\"})", vec![], vec!["sum(x)"]),
        (
            "x{cluster=\"a\" or job=\"j\"}",
            vec!["x"],
            vec!["x{job=\"j\"}"],
        ),
    ] {
        assert_eq!(sent(query, "a"), a, "{query}");
        assert_eq!(sent(query, "b"), b, "{query}");
    }
}

#[test]
fn what_was_kept_unsaid_is_told() {
    let meaning = |query| Plan::one(query).unwrap().meaning;
    assert_eq!(
        meaning("sum by (job) (x) / on (job) sum(y)").as_deref(),
        Some("sum by (job, cluster) (x) / on (job, cluster) sum by (cluster) (y)")
    );
    assert_eq!(
        meaning("max(sum by (job) (x))").as_deref(),
        Some("max(sum by (job, cluster) (x))")
    );
    for query in [
        "x + y",
        "sum(x)",
        "sum by (cluster) (x)",
        "x and on (cluster) y",
    ] {
        assert_eq!(meaning(query), None, "{query}");
    }
}
