"""The division planner: contiguous areas of few to many households, proposed and compared.

Pure from `cells` (buildings to cells) over `graph` (who borders on whom), `halving` (a first
division), `search` (the better one) to `planner` (proposals, measures, reasons); `queries` reads
what is divided, `proposing` joins both. May import areas and below. Start reading at `planner`.
"""
