"""Facts as they came, and the sums that pages read.

Every sum is fed from the facts themselves: on ClickHouse 18.16 a view on a table that another view fills sees nothing.
What was imported is a partition of its own, so that removing an import never rewrites what was delivered, and a file
with any range of days is one part: servers limit the partitions of an insert, and removal costs by the part.
"""

from __future__ import annotations

from webapp.adapters.analytics.versions.version import Version

FACTS = """
CREATE TABLE IF NOT EXISTS facts (
    advertiser_id UInt32, source UInt8, import_id UInt32, ts DateTime('UTC'), local_day Date,
    campaign_id UInt32, ad_id UInt32,
    country String, region String, device String, os String, browser String, site String,
    age String, gender String, interest String,
    dim_names Array(String), dim_values Array(String),
    impressions UInt64, clicks UInt64, conversions UInt64, sales UInt64,
    spend_micros Int64, revenue_micros Int64, filtered UInt64
) ENGINE = MergeTree PARTITION BY import_id > 0
ORDER BY (advertiser_id, local_day, campaign_id, ad_id, import_id)
"""

COUNTED = """
    impressions UInt64, clicks UInt64, conversions UInt64, sales UInt64,
    spend_micros Int64, revenue_micros Int64, filtered UInt64
) ENGINE = SummingMergeTree((impressions, clicks, conversions, sales, spend_micros, revenue_micros, filtered))
PARTITION BY import_id > 0
"""
SUMS = """
    sum(impressions) AS impressions, sum(clicks) AS clicks, sum(conversions) AS conversions, sum(sales) AS sales,
    sum(spend_micros) AS spend_micros, sum(revenue_micros) AS revenue_micros, sum(filtered) AS filtered
FROM facts
"""
#: Quarter hours make hours in every zone, those of +05:45 too.
BUCKET = "toDateTime(intDiv(toUInt32(ts), 900) * 900, 'UTC') AS bucket"
SMALL_GRANULES = "SETTINGS index_granularity = 1024"

STATS_15M = f"""
CREATE TABLE IF NOT EXISTS stats_15m (
    advertiser_id UInt32, local_day Date, campaign_id UInt32, import_id UInt32, bucket DateTime('UTC'),
    {COUNTED}
ORDER BY (advertiser_id, local_day, campaign_id, import_id, bucket) {SMALL_GRANULES}
"""
STATS_15M_VIEW = f"""
CREATE MATERIALIZED VIEW IF NOT EXISTS facts_to_stats_15m TO stats_15m AS
SELECT advertiser_id, local_day, campaign_id, import_id, {BUCKET}, {SUMS}
GROUP BY advertiser_id, local_day, campaign_id, import_id, bucket
"""
STATS_ADVERTISER_15M = f"""
CREATE TABLE IF NOT EXISTS stats_advertiser_15m (
    advertiser_id UInt32, local_day Date, import_id UInt32, bucket DateTime('UTC'),
    {COUNTED}
ORDER BY (advertiser_id, local_day, import_id, bucket) {SMALL_GRANULES}
"""
STATS_ADVERTISER_15M_VIEW = f"""
CREATE MATERIALIZED VIEW IF NOT EXISTS facts_to_stats_advertiser_15m TO stats_advertiser_15m AS
SELECT advertiser_id, local_day, import_id, {BUCKET}, {SUMS}
GROUP BY advertiser_id, local_day, import_id, bucket
"""
STATS_DAY = f"""
CREATE TABLE IF NOT EXISTS stats_day (
    advertiser_id UInt32, local_day Date, campaign_id UInt32, ad_id UInt32, import_id UInt32,
    {COUNTED}
ORDER BY (advertiser_id, local_day, campaign_id, ad_id, import_id) {SMALL_GRANULES}
"""
STATS_DAY_VIEW = f"""
CREATE MATERIALIZED VIEW IF NOT EXISTS facts_to_stats_day TO stats_day AS
SELECT advertiser_id, local_day, campaign_id, ad_id, import_id, {SUMS}
GROUP BY advertiser_id, local_day, campaign_id, ad_id, import_id
"""
STATS_CAMPAIGN_DAY = f"""
CREATE TABLE IF NOT EXISTS stats_campaign_day (
    advertiser_id UInt32, local_day Date, campaign_id UInt32, import_id UInt32,
    {COUNTED}
ORDER BY (advertiser_id, local_day, campaign_id, import_id) {SMALL_GRANULES}
"""
STATS_CAMPAIGN_DAY_VIEW = f"""
CREATE MATERIALIZED VIEW IF NOT EXISTS facts_to_stats_campaign_day TO stats_campaign_day AS
SELECT advertiser_id, local_day, campaign_id, import_id, {SUMS}
GROUP BY advertiser_id, local_day, campaign_id, import_id
"""
STATS_ADVERTISER_DAY = f"""
CREATE TABLE IF NOT EXISTS stats_advertiser_day (
    advertiser_id UInt32, local_day Date, import_id UInt32,
    {COUNTED}
ORDER BY (advertiser_id, local_day, import_id) {SMALL_GRANULES}
"""
STATS_ADVERTISER_DAY_VIEW = f"""
CREATE MATERIALIZED VIEW IF NOT EXISTS facts_to_stats_advertiser_day TO stats_advertiser_day AS
SELECT advertiser_id, local_day, import_id, {SUMS}
GROUP BY advertiser_id, local_day, import_id
"""
DIMENSIONS = """
CREATE TABLE IF NOT EXISTS stats_dimensions (advertiser_id UInt32, import_id UInt32, name String, facts UInt64)
ENGINE = SummingMergeTree(facts) ORDER BY (advertiser_id, import_id, name) SETTINGS index_granularity = 1024
"""
DIMENSIONS_VIEW = """
CREATE MATERIALIZED VIEW IF NOT EXISTS facts_to_stats_dimensions TO stats_dimensions AS
SELECT advertiser_id, import_id,
    arrayJoin(arrayConcat(
        arrayFilter((name, given) -> given,
            ['campaign', 'ad', 'country', 'region', 'device', 'os', 'browser', 'site', 'age', 'gender', 'interest'],
            [campaign_id != 0, ad_id != 0, country != '', region != '', device != '', os != '', browser != '',
             site != '', age != '', gender != '', interest != '']),
        arrayMap(name -> concat('x:', name), arrayFilter((name, value) -> value != '', dim_names, dim_values))
    )) AS name,
    count() AS facts
FROM facts
GROUP BY advertiser_id, import_id, name
"""
WRITTEN = """
CREATE TABLE IF NOT EXISTS stats_written (advertiser_id UInt32, import_id UInt32, written_at DateTime('UTC'))
ENGINE = ReplacingMergeTree(written_at) ORDER BY (advertiser_id, import_id) SETTINGS index_granularity = 1024
"""
WRITTEN_VIEW = """
CREATE MATERIALIZED VIEW IF NOT EXISTS facts_to_stats_written TO stats_written AS
SELECT advertiser_id, import_id, max(now()) AS written_at
FROM facts
GROUP BY advertiser_id, import_id
"""

_SUMMED = (
    "stats_15m",
    "stats_advertiser_15m",
    "stats_day",
    "stats_campaign_day",
    "stats_advertiser_day",
    "stats_dimensions",
    "stats_written",
)

VERSION = Version(
    number=1,
    up=(
        FACTS,
        STATS_15M,
        STATS_ADVERTISER_15M,
        STATS_DAY,
        STATS_CAMPAIGN_DAY,
        STATS_ADVERTISER_DAY,
        DIMENSIONS,
        WRITTEN,
        STATS_15M_VIEW,
        STATS_ADVERTISER_15M_VIEW,
        STATS_DAY_VIEW,
        STATS_CAMPAIGN_DAY_VIEW,
        STATS_ADVERTISER_DAY_VIEW,
        DIMENSIONS_VIEW,
        WRITTEN_VIEW,
    ),
    # Views go first: they feed the tables.
    down=(
        *(f"DROP TABLE IF EXISTS facts_to_{name}" for name in _SUMMED),
        *(f"DROP TABLE IF EXISTS {name}" for name in (*_SUMMED, "facts")),
    ),
)
