SELECT ranking.class, ranking.place, areas.name, ranking.total, ranking.previous_as_of,
       ranking.total_change, ranking.place_change
FROM ranking
JOIN areas ON areas.plan = ranking.plan AND areas.area = ranking.area
WHERE ranking.plan = $1 AND CAST(ranking.as_of AS text) = $2 AND ranking.class IS NOT NULL
ORDER BY ranking.class, ranking.place IS NULL, ranking.place, areas.ordinal
