SELECT filings.unit, units.name, SUM(filings.owed) AS owed, SUM(filings.late) AS late,
       SUM(filings.missing) AS missing
FROM filings
JOIN units ON units.unit = filings.unit
WHERE filings.plan = $1
GROUP BY filings.unit, units.name
HAVING SUM(filings.late) + SUM(filings.missing) > 0
ORDER BY SUM(filings.missing) DESC, SUM(filings.late) DESC, filings.unit
