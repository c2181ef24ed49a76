-- Eigenvalues (a list, in no order) and eigenvectors (columns) of a small symmetric matrix, a list
-- of lists that stays as it is, by cyclic Jacobi rotations.
return function(symmetric)
  local n, a, v = #symmetric, {}, {}
  for i = 1, n do
    a[i], v[i] = table.move(symmetric[i], 1, n, 1, {}), {}
    for j = 1, n do v[i][j] = i == j and 1.0 or 0.0 end
  end
  for _ = 1, 100 do
    local off, all = 0, 0
    for i = 1, n do
      for j = 1, n do
        all = all + a[i][j] ^ 2
        if i ~= j then off = off + a[i][j] ^ 2 end
      end
    end
    if off <= 1e-30 * all then break end
    for p = 1, n - 1 do
      for q = p + 1, n do
        if a[p][q] ~= 0 then
          local theta = (a[q][q] - a[p][p]) / (2 * a[p][q])
          local t = (theta >= 0 and 1 or -1) / (math.abs(theta) + math.sqrt(theta * theta + 1))
          local c = 1 / math.sqrt(t * t + 1)
          local s = t * c
          for k = 1, n do
            a[k][p], a[k][q] = c * a[k][p] - s * a[k][q], s * a[k][p] + c * a[k][q]
          end
          for k = 1, n do
            a[p][k], a[q][k] = c * a[p][k] - s * a[q][k], s * a[p][k] + c * a[q][k]
            v[k][p], v[k][q] = c * v[k][p] - s * v[k][q], s * v[k][p] + c * v[k][q]
          end
        end
      end
    end
  end
  local values = {}
  for i = 1, n do values[i] = a[i][i] end
  return values, v
end
