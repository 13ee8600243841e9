-- EPSG code of the 3-degree Gauss-Krüger zone (CGCS2000, no zone prefix) for a longitude in degrees:
-- 4534 is 75°E … 4554 is 135°E. Longitudes outside China take the nearest zone.
CREATE OR REPLACE FUNCTION gk_zone(longitude double precision) RETURNS integer
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT 4534 + (least(135, greatest(75, round(longitude / 3) * 3))::int - 75) / 3 $$;

-- The geometry (EPSG:4490) in metres, in the zone of its own middle.
CREATE OR REPLACE FUNCTION in_metres(geom geometry) RETURNS geometry
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT ST_Transform(geom, gk_zone((ST_XMin(geom) + ST_XMax(geom)) / 2)) $$;

-- Metres from a point to the border of an area, both EPSG:4490, in the zone of the point.
CREATE OR REPLACE FUNCTION border_distance_m(place geometry, area geometry) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT ST_Distance(ST_Transform(place, gk_zone(ST_X(place))),
                      ST_Transform(ST_Boundary(area), gk_zone(ST_X(place)))) $$;
