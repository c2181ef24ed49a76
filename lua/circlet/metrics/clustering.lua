--- Clustering: do embeddings fall into groups that are the labels?
local core = require "circlet.core"
local on_cpu = require "circlet.metrics.on_cpu"

local clustering = {}

--- k-means: rows in groups, each around its mean.
--
--     local assignment, centres, facts = circlet.metrics.kmeans(embeddings, clusters [, options])
--
-- embeddings: [N, D] Float or Double; clusters: from 1 to N. Returns the cluster of each row
-- (LongTensor [N], from 1), the centres (DoubleTensor [clusters, D]) and
--   facts.inertia      sum of squared distances of rows to their centres
--   facts.iterations   moves of the centres
--   facts.converged    whether the last move changed no assignment
--
-- Seeds are drawn by k-means++: the first uniformly among rows, each further one with a chance
-- proportional to the squared distance to the nearest seed so far. Then each row goes to its
-- nearest centre (of equally near ones the first) and each centre to the mean of its rows, until
-- nothing changes. A cluster that lost all its rows takes the row farthest from its centre;
-- where there are fewer different rows than clusters, some stay empty.
--
-- Options:
--   similarity   "cosine" (default): rows are brought to length 1 first; or "euclidean"
--   iterations   at most so many moves, default 100
--   restarts     runs with other seeds, of which the one with the least inertia counts; default 1
--   seed         of all draws, default 1; circlet's own generator is left alone
--
-- The same bits for every number of threads. Memory: a copy of the rows, and 200 KB for each
-- thread. Similarities are in the embeddings' type; means, distances and inertia in double.
-- Raises for NaN and infinities (naming the row), sizes and options that do not fit, and rows whose
-- squares exceed the type.
-- Lloyd, "Least squares quantization in PCM", IEEE Trans. Inf. Theory 1982; Arthur and
-- Vassilvitskii, "k-means++: The Advantages of Careful Seeding", SODA 2007.
-- @name circlet.metrics.kmeans
-- @param embeddings circlet.Tensor [N, D]
-- @param clusters integer
-- @param options? table
-- @return circlet.LongTensor assignment
-- @return circlet.Tensor centres
-- @return table facts inertia, iterations, converged
-- @example
-- local x = circlet.DoubleTensor { { 1, 0 }, { 2, 0.1 }, { 0, 1 }, { 0.1, 3 } }
-- local labels = circlet.LongTensor { 1, 1, 2, 2 }
-- local assignment = metrics.kmeans(x, 2)
-- assignment[1] == assignment[2], assignment[1] == assignment[3]    --> true  false
clustering.kmeans = on_cpu("kmeans", core.metrics.kmeans)

--- How much two labellings of the same rows tell about each other.
--
--     circlet.metrics.mutual_information(labels, other_labels)
--
-- Both hold whole numbers from 1, as many, in tensors of any type; which numbers does not matter.
-- Returns a table:
--   nmi   mutual information over the mean of the two entropies: 0 to 1
--   ami   (mi - expected_mi) / (mean entropy - expected_mi): 1 when they agree, about 0 by chance
--   mi, expected_mi, entropy, other_entropy    in nats; expected_mi is the mean over all labellings
--         with groups of the same sizes
--   groups, other_groups    how many different labels there are
--
-- Means are arithmetic, as scikit-learn's default. Labellings of one group each, of one group a row
-- each, or of nothing, agree: nmi and ami are 1.
-- Vinh, Epps and Bailey, "Information Theoretic Measures for Clusterings Comparison", JMLR 2010.
-- @name circlet.metrics.mutual_information
-- @param labels circlet.Tensor
-- @param other_labels circlet.Tensor
-- @return table measures
-- @example
-- local a, b = circlet.LongTensor { 1, 1, 2, 2 }, circlet.LongTensor { 7, 7, 3, 3 }
-- metrics.mutual_information(a, b).ami    --> 1.0
clustering.mutual_information = on_cpu("mutual_information", core.metrics.mutual_information)

--- NMI and AMI of a k-means clustering against labels.
--
--     circlet.metrics.clustering(embeddings, labels [, options])
--
-- embeddings: [N, D] Float or Double; labels: N whole numbers from 1 in a tensor of any type. The
-- embeddings are clustered by metrics.kmeans and the clusters compared with the labels by
-- metrics.mutual_information. Returns a table with nmi, ami, clusters, assignment (LongTensor), and
-- inertia, iterations, converged of the clustering. Options: clusters (default: as many as there
-- are labels), and those of metrics.kmeans. k-means depends on its seed: report the
-- mean over several.
-- @name circlet.metrics.clustering
-- @param embeddings circlet.Tensor [N, D] Float or Double
-- @param labels circlet.Tensor [N] whole numbers from 1
-- @param options? table
-- @return table measures
-- @example
-- local x = circlet.DoubleTensor { { 1, 0 }, { 2, 0.1 }, { 0, 1 }, { 0.1, 3 } }
-- local labels = circlet.LongTensor { 1, 1, 2, 2 }
-- metrics.clustering(x, labels).nmi    --> 1.0
clustering.clustering = on_cpu("clustering", function(embeddings, labels, options)
  local rest, clusters = {}, nil
  if options ~= nil and type(options) ~= "table" then
    error("clustering: options must be a table, got " .. type(options), 2)
  end
  for name, value in next, options or {} do
    if name == "clusters" then clusters = value else rest[name] = value end
  end
  local own = core.metrics.mutual_information(labels, labels) -- counts the labels, and checks them
  local assignment, _, result = core.metrics.kmeans(embeddings, clusters or own.groups, rest)
  local agreement = core.metrics.mutual_information(labels, assignment)
  result.nmi, result.ami = agreement.nmi, agreement.ami
  result.clusters, result.assignment = clusters or own.groups, assignment
  return result
end)

return clustering
