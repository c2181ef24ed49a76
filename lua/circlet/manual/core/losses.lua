--- The losses, which C computes: core/loss, core/bind/loss.c. Nobody runs this file; it is the manual.
-- @module circlet

---
-- Pairs are those of each row of x (the anchor) with the other rows, or with the rows of refs: with
-- the anchor's label positives, otherwise negatives. An anchor without what the loss needs is not
-- valid: it has no loss and no gradient. Where an option is a number of the loss, it may also be a tensor [B] or
-- { by_label = tensor [C] }: one for each anchor, or for the anchors of each label.
--
-- A parameter of the loss that is a number may also be a tensor [B], a number for each anchor, or
-- { by_label = tensor [C] }, one for the anchors of each label.
-- @deffamily pair_loss
-- @param x circlet.Tensor|table [B, D] Float or Double, a row for each sample; or {x, refs}: queries [B, D] against references [R, D]
-- @param labels circlet.Tensor|table [B] whole numbers from 1 in a tensor of any type; or {labels, ref_labels}
-- @param options? table what differs from the defaults
-- @option reduction "mean"|"mean_all"|"sum"|"none"|"mean_nonzero" mean over valid anchors, over all, sum, a tensor of losses (the gradient is that of the sum), mean over terms that are not 0
-- @option similarity "cosine"|"dot"|"euclidean" "cosine" by default; euclidean is 1 - |x-y|^2/2
-- @option filter_eps number 0 by default; leaves pairs out of the gradient that have less than this share of the softmax
-- @option memory_budget integer bytes that may hold similarities between forward and backward; by default all that fit 4 MiB, otherwise a copy of x, or beside refs what these take, up to 256 MiB
-- @option ignore_label integer rows with this label take no part
-- @option weights circlet.Tensor [B] numbers >= 0: how often an anchor counts
-- @option hardest_negatives integer so many negatives count for each anchor: those with the largest similarities, the first of equals; all by default
-- @option pair_weights circlet.Tensor numbers >= 0, how often a pair counts for its anchor: one for each partner, or [C, C] by the labels of anchor and partner
-- @option positives "equal"|"shared"|"soft" "equal" by default; "shared": labels are [B, G], 0 for none, and pairs with a label in common are positive; "soft": they count by Jaccard's index of their labels
-- @option precision "fp32"|"tf32"|"bf16" of products on a GPU; "fp32" by default
-- @option diagnostics boolean false by default; adds histograms and more to the facts (README.md)
-- @return number loss a tensor [B] with reduction "none"
-- @return circlet.Tensor gradient type and size of x; {grad_x, grad_refs} for queries against references
-- @return table facts n_anchors, n_valid, n_positive, n_negative, n_nonzero, n_without_positive, n_without_negative, mean_sp, mean_sn
-- @error Raises for NaN and infinity in x (naming the first bad row), for labels that are not as many whole numbers from 1 as x has rows, for types and sizes that do not fit, for unknown options and options out of range.

--- Circle Loss with pair-wise labels: softplus(logsumexp(l_n) + logsumexp(l_p)) of an anchor, where
-- l_p = -gamma [1+m - s_p]_+ (s_p - (1-m)) and l_n = gamma [s_n + m]_+ (s_n - m).
--
-- At the start of training it is about gamma (1 - 2 m^2), or more: no reason to worry.
-- @option m number 0.25 by default: positives are wanted above 1-m, negatives below m
-- @option gamma number 256 by default, > 0: the scale of the logits
-- @option aggregate "anchor"|"batch" one term per anchor (default), or one for all pairs of the batch
-- @option through_alpha boolean false by default: the paper's gradient, which holds the weights [..]_+ fixed; true: the full formula's
-- @family pair_loss
-- @source Sun et al., "Circle Loss: A Unified Perspective of Pair Similarity Optimization", CVPR 2020, Eq. 4 to 6
-- @example
-- local x = circlet.Tensor { { 1, 0 }, { 0.8, 0.6 }, { 0, 1 }, { 0.6, 0.8 } }
-- local labels = circlet.LongTensor { 1, 1, 2, 2 }
-- local loss, gradient, facts = circlet.circle_loss(x, labels, { m = 0.25, gamma = 64 })
-- loss                        --> 35.57
-- gradient:size()             --> {4, 2}
-- facts.n_valid, facts.mean_sp --> 4  0.8
function circlet.circle_loss(x, labels, options) end

---
-- x and w are read a block at a time: the B x C logits are never held, but for what memory_budget has room
-- for.
-- @deffamily class_loss
-- @param x_and_w table {x [B, D], w [C, D]}, Float or Double: embeddings, and a vector for each class
-- @param labels circlet.Tensor [B] whole numbers from 1 to C in a tensor of any type
-- @param options? table what differs from the defaults
-- @option centres integer 1 by default, at most 64: vectors a class; w is then [C K, D], and the most similar counts
-- @option reduction "mean"|"mean_all"|"sum"|"none"|"mean_nonzero" as in circle_loss
-- @option similarity "cosine"|"dot"|"euclidean" "cosine" by default
-- @option memory_budget integer as in circle_loss
-- @option filter_eps number as in circle_loss
-- @option ignore_label integer rows with this label take no part
-- @option weights circlet.Tensor [B] numbers >= 0: how often a row counts
-- @option hardest_negatives integer of each row's other classes only the k most similar count
-- @option precision "fp32"|"tf32"|"bf16" of products on a GPU; "fp32" by default
-- @option diagnostics boolean false by default
-- @return number loss a tensor [B] with reduction "none"
-- @return table gradients {grad_x, grad_w}
-- @return table facts as of circle_loss
-- @error Raises for NaN and infinity (naming the first bad row), labels outside of 1..C, types and sizes that do not fit, unknown options and options out of range.

--- Circle Loss with class-level labels: the own class vector is the positive, all others are negatives.
-- @option m number 0.25 by default
-- @option gamma number 256 by default, > 0
-- @option through_alpha boolean false by default
-- @family class_loss
-- @source Sun et al., CVPR 2020, Eq. 7
-- @example
-- local x, w = circlet.Tensor { { 1, 0 }, { 0, 1 } }, circlet.Tensor { { 1, 0.1 }, { 0.1, 1 } }
-- local loss, gradients = circlet.circle_class_loss({ x, w }, circlet.LongTensor { 1, 2 }, { gamma = 32 })
-- loss > 0 and loss < 0.5           --> true
-- gradients[2]:size()               --> {2, 2}
function circlet.circle_class_loss(x_and_w, labels, options) end

--- Circle Loss of given similarities, of one anchor ([K] and [L]) or of B anchors ([B, K] and [B, L]).
-- @param similarities table {s_p, s_n}, Float or Double
-- @param options? table what differs from the defaults
-- @option m number 0.25 by default
-- @option gamma number 256 by default, > 0
-- @option aggregate "anchor"|"batch" one term per anchor, or one for all
-- @option reduction "mean"|"mean_all"|"sum"|"none" as in circle_loss
-- @option through_alpha boolean false by default
-- @return number loss
-- @return table gradients {grad_p, grad_n}
-- @return table facts
-- @error Raises for sizes that do not fit, NaN, and unknown options.
-- @source Sun et al., CVPR 2020, Eq. 4 to 6
-- @example
-- local s = { circlet.Tensor { 0.8 }, circlet.Tensor { 0.8 } }
-- (circlet.circle_similarity_loss(s, { m = 0.25, gamma = 1 }))    --> 1.0087
function circlet.circle_similarity_loss(similarities, options) end

--- Softmax over similarities to class vectors with a margin at the own class y, whose angle is theta:
-- z_j = scale s_j, z_y = scale (cos(m1 theta + m2) - m3), loss = logsumexp(z) - z_y. A third tensor, bias [C],
-- may stand behind w.
-- @option preset "softmax"|"normface"|"cosface"|"am_softmax"|"arcface"|"sphereface" the well-known members (README.md); other options stand beside it
-- @option scale number 64 by default, or the preset's; > 0
-- @option margin number of the preset that has one: m1, m2 (radians) or m3
-- @option m1 number 1 by default
-- @option m2 number 0 by default
-- @option m3 number 0 by default
-- @option easy_margin boolean false by default: no margin where cos(theta) <= 0
-- @option monotone boolean true by default: goes on falling beyond m1 theta + m2 = pi
-- @option label_smoothing number 0 by default
-- @family class_loss
-- @source Deng et al., "ArcFace", CVPR 2019, Eq. 4; the presets: Wang et al. 2017 (NormFace), Wang et al. 2018 (CosFace, AM-Softmax), Liu et al. 2017 (SphereFace)
-- @example
-- local x, w = circlet.eye(2), circlet.eye(2)
-- local labels = circlet.LongTensor { 1, 2 }
-- (circlet.margin_loss({ x, w }, labels, { preset = "normface", scale = 1 }))    --> 0.3133
function circlet.margin_loss(x_and_w, labels, options) end

--- Proxy-anchor: each class vector is an anchor, the rows of its class its positives. The mean over proxies by
-- definition.
-- @param x_and_w table {x [B, D], w [C, D]}
-- @param labels circlet.Tensor [B] whole numbers from 1 to C
-- @param options? table
-- @option margin number 0.1 by default
-- @option scale number 32 by default, > 0
-- @option similarity "cosine"|"dot"|"euclidean" "cosine" by default
-- @option memory_budget integer as in circle_loss
-- @option filter_eps number as in circle_loss
-- @option ignore_label integer rows with this label take no part
-- @option precision "fp32"|"tf32"|"bf16" of products on a GPU; "fp32" by default
-- @option diagnostics boolean false by default
-- @return number loss
-- @return table gradients {grad_x, grad_w}
-- @return table facts whose anchors are the proxies
-- @error Raises as circle_class_loss does.
-- @source Kim, Kim, Cho and Kwak, "Proxy Anchor Loss for Deep Metric Learning", CVPR 2020
-- @example
-- local loss, gradients = circlet.proxy_anchor_loss({ circlet.eye(2), circlet.eye(2) }, circlet.LongTensor { 1, 2 })
-- loss > 0    --> true
function circlet.proxy_anchor_loss(x_and_w, labels, options) end

--- The unified loss of pair similarity: log(1 + sum_n sum_p e^(gamma (s_n - s_p + m))) of an anchor.
-- @option m number 0.25 by default
-- @option gamma number 256 by default, > 0
-- @option aggregate "anchor"|"batch" one term per anchor (default), or one for all pairs of the batch
-- @family pair_loss
-- @source Sun et al., CVPR 2020, Eq. 1
-- @example
-- local x, labels = circlet.eye(2):repeatTensor(2, 1), circlet.LongTensor { 1, 2, 1, 2 }
-- (circlet.unified_loss(x, labels, { m = 0, gamma = 1 }))    --> 0.5514
function circlet.unified_loss(x, labels, options) end

--- Multi-similarity: log(1 + sum_p e^(-alpha (s_p - base)))/alpha + log(1 + sum_n e^(beta (s_n - base)))/beta,
-- without its paper's mining.
-- @option alpha number 2 by default, > 0
-- @option beta number 50 by default, > 0
-- @option base number 0.5 by default
-- @family pair_loss
-- @source Wang et al., "Multi-Similarity Loss with General Pair Weighting", CVPR 2019
-- @example
-- local x, labels = circlet.eye(2):repeatTensor(2, 1), circlet.LongTensor { 1, 2, 1, 2 }
-- (circlet.multi_similarity_loss(x, labels))    --> 0.1566
function circlet.multi_similarity_loss(x, labels, options) end

--- Contrastive: a positive costs [d - pos_margin]_+, a negative [neg_margin - d]_+; the sum of two means, of
-- the terms that are not 0. d is |x - y| of unit rows, or with measure = "similarity" the similarity with the
-- signs turned.
-- @option pos_margin number 0 by default
-- @option neg_margin number 1 by default
-- @option measure "distance"|"similarity" "distance" by default
-- @family pair_loss
-- @source Hadsell, Chopra and LeCun, CVPR 2006, with hinges that are not squared
-- @example
-- local x, labels = circlet.Tensor { { 1, 0 }, { 1, 0 }, { 0, 1 }, { 0, 1 } }, circlet.LongTensor { 1, 1, 2, 2 }
-- (circlet.contrastive_loss(x, labels, { neg_margin = 2 }))    --> 0.5858
function circlet.contrastive_loss(x, labels, options) end

--- Triplet loss of the hardest pairs: [max d_p - min d_n + margin]_+, or its softplus. Pairs that tie share the
-- gradient.
-- @option margin number 0.05 by default
-- @option soft boolean false by default: softplus in place of the hinge
-- @option measure "distance"|"similarity" "distance" by default
-- @family pair_loss
-- @source Hermans, Beyer and Leibe, "In Defense of the Triplet Loss for Person Re-Identification", 2017
-- @example
-- local x, labels = circlet.eye(2):repeatTensor(2, 1), circlet.LongTensor { 1, 1, 2, 2 }
-- (circlet.triplet_hard_loss(x, labels, { margin = 0.2 }))    --> 1.6142
function circlet.triplet_hard_loss(x, labels, options) end

--- Triplet loss of all triplets: [d_p - d_n + margin]_+ for each positive and negative of an anchor, or its
-- softplus; the mean of those that are not 0.
-- @option margin number 0.05 by default
-- @option soft boolean false by default
-- @option measure "distance"|"similarity" "distance" by default
-- @family pair_loss
-- @source Hermans, Beyer and Leibe, 2017; Schroff, Kalenichenko and Philbin, "FaceNet", CVPR 2015
-- @example
-- local x, labels = circlet.eye(2):repeatTensor(2, 1), circlet.LongTensor { 1, 1, 2, 2 }
-- local loss, _, facts = circlet.triplet_all_loss(x, labels)
-- facts.n_nonzero    --> 8
function circlet.triplet_all_loss(x, labels, options) end

--- Lifted structure: [J]_+^2/2 of a positive pair, J = log(sum over both ends' negatives of e^(neg_margin - d_n))
-- + d_p - pos_margin.
-- @option pos_margin number 0 by default
-- @option neg_margin number 1 by default
-- @option measure "distance"|"similarity" "distance" by default
-- @family pair_loss
-- @source Oh Song, Xiang, Jegelka and Savarese, CVPR 2016
-- @example
-- local x, labels = circlet.eye(2):repeatTensor(2, 1), circlet.LongTensor { 1, 2, 1, 2 }
-- circlet.lifted_loss(x, labels) > 0    --> true
function circlet.lifted_loss(x, labels, options) end

--- Generalised lifted structure: [log sum_p e^(d_p - pos_margin) + log sum_n e^(neg_margin - d_n)]_+ of an anchor.
-- @option pos_margin number 0 by default
-- @option neg_margin number 1 by default
-- @option measure "distance"|"similarity" "distance" by default
-- @family pair_loss
-- @source Hermans, Beyer and Leibe, 2017
-- @example
-- local x, labels = circlet.eye(2):repeatTensor(2, 1), circlet.LongTensor { 1, 2, 1, 2 }
-- (circlet.generalized_lifted_loss(x, labels))    --> 0.2789
function circlet.generalized_lifted_loss(x, labels, options) end

--- Supervised contrastive: log of the sum over all pairs of e^(s/t) minus the mean of s_p/t.
-- @option temperature number 0.1 by default, > 0
-- @family pair_loss
-- @source Khosla et al., "Supervised Contrastive Learning", NeurIPS 2020 (L_out)
-- @example
-- local x, labels = circlet.eye(2):repeatTensor(2, 1), circlet.LongTensor { 1, 2, 1, 2 }
-- (circlet.supcon_loss(x, labels, { temperature = 1 }))    --> 0.5514
function circlet.supcon_loss(x, labels, options) end

--- Normalised temperature-scaled cross-entropy: log(1 + sum_n e^((s_n - s_p)/t)) of a positive pair.
-- @option temperature number 0.07 by default, > 0
-- @family pair_loss
-- @source Sohn, NeurIPS 2016; Chen et al., "SimCLR", ICML 2020
-- @example
-- local x, labels = circlet.eye(2):repeatTensor(2, 1), circlet.LongTensor { 1, 2, 1, 2 }
-- (circlet.nt_xent_loss(x, labels, { temperature = 1 }))    --> 0.5514
function circlet.nt_xent_loss(x, labels, options) end
