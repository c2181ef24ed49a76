-- Values of pytorch-metric-learning 2.9.0 (PyTorch 2.15.0, float64), made by this script's like for
-- each loss named below:
--
--     x = torch.tensor([[((7*i + 3*d + i*d*d) % 11)/5 - 1 for d in range(4)] for i in range(12)])
--     labels = torch.tensor([i % 4 for i in range(12)])
--     y = x.requires_grad_(); loss = losses.ContrastiveLoss()(y, labels); loss.backward()
--     print(loss.item(), y.grad.norm().item(), y.grad[4, 2].item())
--
-- C: distance=CosineSimilarity(), R: distance=LpDistance(normalize_embeddings=False), otherwise its
-- default (LpDistance(), or CosineSimilarity() of multi-similarity, SupCon and NT-Xent).
-- For triplet_hard, TripletMarginLoss took indices from BatchHardMiner of the same distance.
local circlet = require "circlet"

local values = {
  -- MultiSimilarityLoss()
  { "multi_similarity", {}, 1.3081387638151103, 0.46325752583957891, -0.0076341444838588426 },
  -- ContrastiveLoss(); (pos_margin=0.9, neg_margin=0.1, C); (pos_margin=0.5, neg_margin=2, R)
  { "contrastive", {}, 1.6610314616768524, 0.51447159832207801, -0.0099222503850680752 },
  { "contrastive", { measure = "similarity", pos_margin = 0.9, neg_margin = 0.1 },
    1.3932219766561957, 0.52788904546724014, -0.0081779801764045486 },
  { "contrastive", { similarity = "euclidean", pos_margin = 0.5, neg_margin = 2 },
    1.7206137230089102, 0.35407374520982676, 0 },
  -- TripletMarginLoss(); (margin=0.2, C); (margin=0, smooth_loss=True)
  { "triplet_hard", {}, 0.99770337868247305, 0.64579043881054521, -0.013544501122059455 },
  { "triplet_hard", { measure = "similarity", margin = 0.2 }, 1.2214520123532149,
    0.64932031153101666, -0.015605887506797995 },
  { "triplet_hard", { margin = 0, soft = true }, 1.2940735596545874, 0.46174403352123383,
    -0.0085163850986200544 },
  -- TripletMarginLoss(); (margin=0.2, C); (margin=0.1, smooth_loss=True)
  { "triplet_all", {}, 0.46445813354953741, 0.3118228387422633, 0.0059846896391116651 },
  { "triplet_all", { measure = "similarity", margin = 0.2 }, 0.69610268313765855,
    0.45237804614553867, 0.0086717897154297858 },
  { "triplet_all", { margin = 0.1, soft = true }, 0.78628528025152011, 0.19489915289129092,
    0.0085521774751679564 },
  -- LiftedStructureLoss(); (neg_margin=0.2, pos_margin=0.9, C)
  { "lifted", {}, 8.0391864843986163, 1.5494202823512258, 0.048247520933592108 },
  { "lifted", { measure = "similarity", neg_margin = 0.2, pos_margin = 0.9 }, 7.0033482253676906,
    1.80344462034148, 0.078620836777533426 },
  -- GeneralizedLiftedStructureLoss(); (neg_margin=2, pos_margin=0.5, R)
  { "generalized_lifted", {}, 4.007792847209342, 0.40608560335077287, 0.011824824904270826 },
  { "generalized_lifted", { similarity = "euclidean", neg_margin = 2, pos_margin = 0.5 },
    4.5561955398009566, 0.35164453114642846, 0 },
  -- SupConLoss(); (temperature=0.03)
  { "supcon", {}, 8.3165788816676454, 4.7951890700497568, -0.094232295467709698 },
  { "supcon", { temperature = 0.03 }, 26.669211868567931, 16.893268639584434,
    -0.34607853126918253 },
  -- NTXentLoss(); (temperature=0.7)
  { "nt_xent", {}, 11.574960537531972, 7.1937891562871803, -0.1477920349232113 },
  { "nt_xent", { temperature = 0.7 }, 2.5334282748773513, 0.65095840647029801,
    0.02124015930910729 },
}

describe("pytorch-metric-learning's values:", function()
  local x, labels = circlet.DoubleTensor(12, 4), circlet.LongTensor(12)
  for i = 0, 11 do
    for d = 0, 3 do x[i + 1][d + 1] = (7 * i + 3 * d + i * d * d) % 11 / 5 - 1 end
    labels[i + 1] = i % 4 + 1
  end

  for n, value in ipairs(values) do
    local name, opts, loss, norm, element = table.unpack(value)
    it(("%s %d"):format(name, n), function()
      local got, grad = circlet[name .. "_loss"](x, labels, opts)
      -- it adds 1e-16 or so to some denominators
      assert.near(loss, got, 1e-12 * loss)
      assert.near(norm, grad:norm(), 1e-12 * norm)
      assert.near(element, grad[5][3], 1e-12 * norm)
    end)
  end
end)
