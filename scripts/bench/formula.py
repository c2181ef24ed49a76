"""Circle Loss in PyTorch as a user would write it, on whatever device its inputs are."""

import torch
import torch.nn.functional as functional


def logits(s, m):
    """Both kinds' logits over gamma, the weights alpha held fixed."""
    held = s.detach()
    p = (1 + m - held).clamp_min(0) * (1 - m - s)
    n = (held + m).clamp_min(0) * (s - m)
    return p, n


def pair_loss(x, labels, m, gamma):
    unit = functional.normalize(x, dim=1)
    s = unit @ unit.t()
    same = labels[:, None] == labels[None, :]
    itself = torch.eye(len(labels), dtype=torch.bool, device=labels.device)
    p, n = logits(s, m)
    p = (gamma * p).masked_fill(~same | itself, -torch.inf)
    n = (gamma * n).masked_fill(same, -torch.inf)
    return functional.softplus(torch.logsumexp(p, 1) + torch.logsumexp(n, 1)).mean()


def class_loss(x, labels, w, m, gamma):
    s = functional.normalize(x, dim=1) @ functional.normalize(w, dim=1).t()
    target = labels[:, None]
    p, n = logits(s, m)
    n = (gamma * n).scatter(1, target, -torch.inf)
    p = gamma * p.gather(1, target)
    return functional.softplus(p.squeeze(1) + torch.logsumexp(n, 1)).mean()
