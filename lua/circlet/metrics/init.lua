--- Measures of embeddings. Those on a GPU are brought to the CPU, where measures are computed.
local core = require "circlet.core"
local on_cpu = require "circlet.metrics.on_cpu"

local metrics = {}

--- Ranks rows by similarity and tells how well rows with the same label find each other.
--
--     circlet.metrics.retrieval(embeddings, labels [, options])
--     circlet.metrics.retrieval({ queries, references }, { labels, reference_labels } [, options])
--
-- embeddings: [N, D] Float or Double; labels: N whole numbers from 1 in a tensor of any type. In
-- the first form every row is a query against all other rows (leave one out), in the second every
-- query is ranked against all references. A reference is relevant when it has the query's label; R
-- is the number of relevant references of a query. Queries with R = 0 are left out and counted.
--
-- Returns a table of means over the queries:
--   recall       { [k] = share of queries with a relevant reference among the first k }
--   r_precision  share of relevant references among the first R
--   map_at_r     1/R * sum over the relevant ranks i <= R of the precision at i
--   map          average precision over the whole ranking
--   mrr          1 / rank of the first relevant reference
--   minp         R / rank of the last relevant reference
--   n_queries    queries averaged over (without any, the means are NaN)
--   n_lone       queries left out
--
-- Options:
--   similarity   "cosine" (default; a zero row is at 0 from everything), "dot", or "euclidean"
--                (nearest first, computed in double whatever the type; rows far from the origin
--                lose digits, as distances are taken from products)
--   cameras      which camera took each row: whole numbers from 1, a tensor, or two for queries and
--                references; see metrics.cmc
--   k            ranks for recall, a list or one number; default { 1, 2, 4, 8 }
--   measures     names of what to return, e.g. { "recall", "map_at_r" }; default all
--   block        queries per tile; memory is threads * block * N similarities. By default each pair
--                of one set is computed once, for both ends, where similarities are symmetric and
--                28 bytes a query and relevant row (Double: 32) come to no more than 128 MiB; else
--                up to 96 queries, and as many as keep all tiles within 128 MiB
--   rerank       true, or a table of options: rank by the distances of metrics.rerank
--
-- Of two equal similarities the reference with the smaller index ranks first, and equal rows always
-- have equal similarities. The same bits result from every number of threads.
--
-- Raises for a NaN or an infinity (naming the row), sizes and types that do not fit, labels that
-- are not whole numbers from 1, unknown options, and products beyond the range of the type.
--
-- R-precision and MAP@R: Musgrave, Belongie and Lim, "A Metric Learning Reality Check", ECCV 2020.
-- mINP: Ye et al., "Deep Learning for Person Re-identification: A Survey and Outlook", TPAMI 2021.
-- @param embeddings circlet.Tensor|table [N, D] Float or Double; or {queries, references}
-- @param labels circlet.Tensor|table [N] whole numbers from 1; or {labels, reference_labels}
-- @param options? table
-- @return table measures
-- @example
-- local x = circlet.DoubleTensor { { 1, 0 }, { 2, 0.1 }, { 0, 1 }, { 0.1, 3 } }
-- local labels = circlet.LongTensor { 1, 1, 2, 2 }
-- local r = metrics.retrieval(x, labels, { k = 1 })
-- r.recall[1], r.map_at_r    --> 1.0  1.0
metrics.retrieval = on_cpu("retrieval", core.metrics.retrieval)

--- The measures of re-identification: is the right identity found, seen by another camera?
--
--     circlet.metrics.cmc({ queries, gallery }, { labels, gallery_labels }, {
--       cameras = { cameras, gallery_cameras } })
--     circlet.metrics.cmc(embeddings, labels, { cameras = cameras })       -- leave one out
--
-- Arguments, ties, errors and cost are those of metrics.retrieval. With `cameras`, images of the
-- query's identity that the query's own camera took are taken out of its ranking, as evaluation on
-- Market-1501 and DukeMTMC-reID goes (Zheng et al., "Scalable Person Re-identification: A
-- Benchmark", ICCV 2015). Junk images (identity -1 there) are to be left out of the gallery;
-- distractors (0) get a label that no query has.
--
-- Returns a table of means over the queries that have a right answer left:
--   cmc          { [k] = share of queries with a right answer among the first k }
--   map          mean average precision; the precision at each right answer, not the trapezoids
--                of the data set's first evaluation program
--   minp         mean inverse negative penalty: right answers / rank of the last one
--   n_queries, n_lone    queries averaged over, and left out
--
-- Options: similarity, cameras, block, rerank as in metrics.retrieval; k, default { 1, 5, 10, 20 }.
-- @param embeddings circlet.Tensor|table [N, D] Float or Double; or {queries, references}
-- @param labels circlet.Tensor|table [N] whole numbers from 1; or {labels, reference_labels}
-- @param options? table
-- @return table measures
-- @example
-- local x = circlet.DoubleTensor { { 1, 0 }, { 2, 0.1 }, { 0, 1 }, { 0.1, 3 } }
-- local labels = circlet.LongTensor { 1, 1, 2, 2 }
-- metrics.cmc(x, labels).cmc[1]    --> 1.0
metrics.cmc = on_cpu("cmc", core.metrics.cmc)

metrics.verification = require "circlet.metrics.verification"
metrics.lfw = on_cpu("lfw", require "circlet.metrics.lfw")

for name, f in pairs(require "circlet.metrics.clustering") do metrics[name] = f end

--- Distances by k-reciprocal re-ranking: small where two rows have the same neighbours.
--
--     circlet.metrics.rerank({ queries, gallery } [, options])      -> distances [queries, gallery]
--     circlet.metrics.rerank(embeddings [, options])                -> distances [N, N]
--     circlet.metrics.cmc({ queries, gallery }, labels, { cameras = cameras, rerank = true })
--
-- The first two forms give a tensor of the embeddings' type, from 0 (near) to 1. The last ranks by
-- the same distances without keeping them: what an evaluation needs, in memory that grows with the
-- rows and not with their pairs. It and metrics.retrieval also take { rerank = { k1 =, k2 =,
-- lambda = } }; cameras and labels mask references only when ranking, not when rows are encoded.
--
-- Options:
--   k1           neighbours that encode a row, default 20
--   k2           nearest rows over whose codes is averaged, default 6; 1: none
--   lambda       weight of the plain distance, 0 to 1, default 0.3
--   similarity   "cosine" (default) or "euclidean": which rows are near
--
-- Let d(i, j) be the squared Euclidean distance of two rows among all queries and references (for
-- "cosine" of the normalised rows: 2 - 2 cos) over the greatest one of row i. N(i, k) are the k + 1
-- nearest rows of i, itself among them, of equally near ones those with the smaller index; R(i, k)
-- are the j in N(i, k) with i in N(j, k). R(i, k1) is joined by each R(j, k1/2), j in R(i, k1), of
-- which more than two thirds are in R(i, k1) (k1/2 is rounded, a half to the even number). A code
-- has exp(-d(i, j)) for these j, scaled to sum 1, and is averaged over the k2 nearest rows. The
-- distance is (1 - lambda) (1 - sum of minima of two codes / sum of maxima) + lambda d(i, j).
-- Rows that all are equal have d = 0.
--
-- Zhong, Zheng, Cao and Li, "Re-ranking Person Re-identification with k-reciprocal Encoding", CVPR
-- 2017; the values are those of the authors' program. Similarities are in the embeddings' type
-- ("euclidean" in double), the rest in double; the same bits for every number of threads. Errors
-- are those of metrics.retrieval.
-- @param embeddings circlet.Tensor|table [N, D]; or {queries, gallery}
-- @param options? table
-- @return circlet.Tensor distances
-- @example
-- local x = circlet.DoubleTensor { { 1, 0 }, { 2, 0.1 }, { 0, 1 }, { 0.1, 3 } }
-- local labels = circlet.LongTensor { 1, 1, 2, 2 }
-- metrics.rerank(x, { k1 = 2, k2 = 1 }):size()    --> {4, 4}
metrics.rerank = on_cpu("rerank", core.metrics.rerank)

return metrics
