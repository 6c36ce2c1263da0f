SELECT figures.position, figures.recorded_at, figures.unit, figures.as_at, figures.value, figures.status,
       figures.life, figures.event_hash, figures.corrects
FROM figures
WHERE figures.plan = $1 AND figures.indicator = $2 AND figures.area = $3
ORDER BY figures.position
