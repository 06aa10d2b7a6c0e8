"""Looks at a collection on Spark's executors, a shard each: spark-submit spark_scan.py photos parts 200.

Every executor sees the collection and the folder of parts under the same paths and has consent-provenance[parquet]. A
shard that Spark runs twice, or again, writes the same parts.
"""

import sys
from collections.abc import Iterable, Iterator

import pyarrow as pa
from pyspark.sql import SparkSession

collection, out, shards = sys.argv[1], sys.argv[2], int(sys.argv[3])


def look(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    import provenance as pv

    for batch in batches:
        for number in batch.column("id").to_pylist():
            receipt = pv.scan_shard(collection, f"{number + 1}/{shards}", out, workers=1)
            row = {"shard": receipt.made.shard, "images": receipt.images, "unreadable": receipt.unreadable}
            yield pa.RecordBatch.from_pylist([row])


spark = SparkSession.builder.appName("provenance").getOrCreate()
done = spark.range(0, shards, 1, numPartitions=shards).mapInArrow(look, "shard long, images long, unreadable long")
rows = done.collect()
print(f"{len(rows)} shards, {sum(row.images for row in rows)} images, {sum(row.unreadable for row in rows)} unreadable")
spark.stop()
