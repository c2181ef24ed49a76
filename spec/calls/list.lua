-- Every public function, in calls that between them take its ways through the core: fresh results,
-- given ones, arguments that are not contiguous, of another type, or that overlap the result.
-- Names are those of spec/calls/fixtures.lua and of the module. Specs make these calls with memory
-- refused, and with one thread and several.
return {
  types = [[
    FloatTensor(2, 3); DoubleTensor { { 1, 2 }, { 3, 4 } }; LongTensor(LongStorage { 2, 2 });
    IntTensor(x:int()); ByteTensor(); Tensor(3); FloatTensor(s, 3, 4, 2); FloatTensor(4, 6):set(x);
    FloatStorage(7); DoubleStorage { 1, 2 }; LongStorage(3); IntStorage(0); ByteStorage { 1 };
    FloatStorage(3):resize(9); FloatStorage(2):fill(1):totable(); s:string(); x:storage():size();
    tostring(s); x:new(2, 2); x.new(); x:clone(); n:contiguous(); x:type(); n:double();
    x:type("torch.LongTensor"); x:int(); x:long(); x:byte(); x:short(); x:char();
    ShortTensor { 2, 1 }:sort(); CharStorage(2); d:float(); x:typeAs(d); x:float();
    x:totable(); #x; x:set(s, 1, 24, 1); x:set(); x:fill(1); x:zero(); x:copy(n); n:copy(d);
    x:copy(e); x:narrow(1, 1, 3):copy(x:narrow(1, 2, 3)); x[2]; x[3][1]; x[{ { 1, 2 }, 3 }]; x[m];
    tostring(x); tostring(n); isTensor(x); isStorage(s); index_with(x, { 2 }, 1);
    index_with(x, { { 1, 2 }, 3 }, w:narrow(1, 1, 2)); index_with(x, m, 0); index_with(x, m, y);
    setdefaulttensortype("circlet.FloatTensor"); getdefaulttensortype();
    settypenames("circlet"); to_dlpack(n); from_dlpack(to_dlpack(n)); from_dlpack(to_dlpack(e));
  ]],
  views = [[
    x:size(); x:size(1); x:stride(); x:stride(2); x:storage(); x:storageOffset(); x:dim();
    x:data(); x:getDevice();
    x:nDimension(); x:nElement(); x:numel(); x:isContiguous(); x:isSameSizeAs(y);
    x:isSize(LongStorage { 4, 6 }); x:isSetTo(y); x:narrow(1, 2, 2); x:select(2, 1);
    x:transpose(1, 2); x:t(); x:permute(2, 1); x:unfold(2, 3, 2); x:view(6, 4); x:view(-1);
    x:viewAs(n); x:expand(4, 6); u:view(1, 6):expand(3, 6); u:view(1, 6):expandAs(x); x:squeeze();
    x:unsqueeze(1); x:reshape(6, 4); n:reshape(24); x:resize(9, 9); x:resizeAs(sq); ri:resize(3);
    n:resize(2, 3); x:sub(2, 3, 1, -2);
  ]],
  creation = [[
    zeros(3, 2); ones(2); zeros(r, 5, 5); zerosLike(x); onesLike(r, x); eye(3); eye(r, 3, 4);
    range(1, 5); range(r, 0, 1, 0.25); linspace(0, 1, 7); logspace(0, 2); linspace(r, 0, 1);
    rand(3, 3); randn(r, 4, 4); randperm(9); randperm(ri, 5); random(3); uniform(); normal();
    exponential(2); cauchy(); logNormal(); bernoulli(); geometric(0.5); x:uniform();
    x:normal(0, 2); n:normal(); e:random(5); x:exponential(1); x:cauchy(); x:logNormal();
    m:bernoulli(0.2); m:bernoulli(p); e:geometric(0.3); manualSeed(3); seed(); initialSeed();
    getRNGState(); setRNGState(getRNGState()); Generator(3):clone(); Generator():getRNGState();
    rand(Generator(1), 3); philox(1, 2, 3, 4, 5, 6); Timer():stop():time(); tic(); toc(0);
  ]],
  elementwise = [[
    abs(x); neg(n); sign(x); ceil(x); floor(x); round(x); trunc(x); frac(x); sqrt(p); rsqrt(p);
    cinv(p); exp(x); log(p); log1p(p); sin(x); cos(x); tan(x); asin(p); acos(p); atan(x); sinh(x);
    cosh(x); tanh(x); sigmoid(x); x:abs(); x:neg(); x:sign(); n:ceil(); x:floor(); x:round();
    x:trunc(); x:frac(); p:sqrt(); p:rsqrt(); p:cinv(); x:exp(); p:log(); p:log1p(); x:sin();
    x:cos(); x:tan(); p:asin(); p:acos(); x:atan(); x:sinh(); x:cosh(); n:tanh(); x:sigmoid();
    abs(r, n); r:exp(x); add(x, 1); add(x, y); add(x, 2, n); add(r, x, n); csub(x, y); mul(x, 2);
    div(x, 2); fmod(x, 2); remainder(x, 2); pow(p, 2); pow(2, x); cmul(x, n); cdiv(x, y);
    cfmod(x, y); cremainder(x, y); cpow(p, y); atan2(x, y); cmax(x, y); cmin(x, 0);
    addcmul(x, 2, y, n); addcdiv(x, y, p); lerp(x, y, 0.5); clamp(x, -1, 1); lt(x, 0); le(x, y);
    gt(x, n); ge(x, y); eq(x, 0); ne(x, y); x:add(1); x:add(y); x:add(n, 2, y); x:csub(y);
    x:mul(2); x:div(2); x:fmod(2); x:remainder(2); p:pow(2); x:cmul(n); x:cdiv(y); x:cfmod(y);
    x:cremainder(y); p:cpow(y); x:atan2(y); x:cmax(y); x:cmin(0); x:addcmul(y, n);
    x:addcdiv(0.5, y, p); x:lerp(y, 0.5); x:clamp(0, 1); x:lt(0); x:le(y); x:gt(n); x:ge(y);
    x:eq(0); x:ne(y); m:lt(x, 0); x:add(x:t():narrow(1, 1, 4):narrow(2, 1, 4):reshape(16):sum());
    sq:add(sq, sq:t()); sq:cmul(sq:t()); sq:narrow(1, 1, 4):add(sq:narrow(1, 2, 4)); x + y; x - 1;
    2 * x; x / 2; -x; x % 2; x ^ 2; a * b; x * u; u * v; #sq;
    x:apply(function(z) return z + 1 end); x:map(y, function(g1, g2) return g1 + g2 end);
    x:map2(y, n, function(g1, g2, g3) return g1 + g2 * g3 end);
  ]],
  reductions = [[
    sum(x); x:sum(); sum(x, 1); n:sum(2); r:sum(x, 1); mean(x); n:mean(1); prod(x); x:prod(2);
    var(x); x:var(1); std(x, 2); n:std(); x:std(1, true); norm(x); x:norm(3); n:norm(2, 1); max(x);
    x:max(); x:max(1); max(n, 2); r:max(ri, x, 2); min(x, 1); n:min(); cumsum(x); n:cumsum(2);
    cumprod(x, 1); x:cumprod(2); r:cumsum(x, 2); dist(x, y); x:dist(n, 1); trace(sq); sq:trace();
    renorm(x, 2, 1, 1); x:renorm(2, 2, 1); equal(x, y); x:equal(n); any(m); m:any(); all(m);
    m:all(); dot(u, v); x:dot(n); e:sum(1);
  ]],
  order = [[
    sort(x); x:sort(1); n:sort(2, true); sort(r, ri, x); topk(x, 2); n:topk(3, 1, true);
    kthvalue(x, 2); n:kthvalue(1, 1); median(x); x:median(1); mode(e); e:mode(1); x:sort(e, x, 2);
    x:sort(e, n, 1);
  ]],
  indexing = [[
    index(x, 1, k); n:index(2, k); r:index(x, 1, k); gather(x, 1, g); x:gather(1, g);
    r:gather(n, 1, g); scatter(x, 1, g, y); x:scatter(1, g, n); x:scatter(1, g, 3);
    x:scatter(2, g, n); indexCopy(x, 1, k, half); x:indexCopy(1, k, half);
    x:indexAdd(1, k, n:narrow(1, 3, k:size(1))); indexAdd(x, 2, k, O); indexFill(x, 1, k, 2);
    x:indexFill(2, k, 2); maskedSelect(x, m); n:maskedSelect(m); maskedFill(x, m, 1);
    n:maskedFill(m, 1); maskedCopy(x, m, y); x:maskedCopy(m, n); nonzero(x); m:nonzero();
    ri:nonzero(n); x:indexCopy(1, k, x:narrow(1, 2, k:size(1))); x:maskedCopy(m, x);
    x:index(x, 1, LongTensor { 4, 1, 2, 3 }); x:scatter(1, g, x);
  ]],
  joining = [[
    cat(x, y); cat(x, n, 2); cat {x,y,n}; cat(r, { x, y }, 1); x:cat(y, 2); cat(x, x, y, 1);
    repeatTensor(x, 2, 2); u:repeatTensor(2, 3); r:repeatTensor(x, 2, 1); split(x, 3);
    x:split(2, 2); chunk(x, 3); x:chunk(2, 2); diag(sq); diag(u, 1); sq:diag(-1); tril(sq);
    sq:tril(1); triu(sq, 1); sq:triu(); triu(r, sq); sq:tril(sq); sq:triu(sq:t());
  ]],
  products = [[
    mm(a, b); mm(r, a, b); mm(n, x:t()); sq:mm(sq, sq); mm(e:t(), e); mm(e:int():t(), e:int());
    mm(m, m:t()); mm(d, d:t()); a:mm(x, n:t()); mv(x, u); mv(n, u); w:mv(x, u); x:mv(v); ger(u, v);
    ger(r, u, w); u:ger(v, w); bmm(A, B); bmm(r, A, B); A:bmm(A, B); addmm(M, a, b);
    addmm(0.5, M, 2, a, b); M:addmm(a, b); M:addmm(0, a, b); sq:addmm(sq, sq:t());
    sq:addmm(2, sq, 3, sq, sq); addmv(w, x, u); w:addmv(n, u); addmv(2, w, 3, x, u); x:addr(w, u);
    addr(x, w, v); n:addr(2, w, u); baddbmm(N, A, B); N:baddbmm(0.5, 2, A, B); addbmm(O, A, B);
    O:addbmm(A, B); w:addmv(sq:narrow(1, 1, w:size(1)), sq:select(1, 5));
    DoubleTensor(4):mv(d, d:select(1, 1)); wide:mm(d, DoubleTensor(d:size(2), wide:size(2)));
    n:addmm(x, FloatTensor(x:size(2), x:size(2)));
    mm(images:select(4, 1)[1], images[1]:select(3, 1):t());
    x:addmm(y, A:select(3, 1):t(), n:narrow(1, 1, 3));
    x:addmm(A:select(3, 1):t(), n[{ { 1, 3 } }]);
    a[{ { 1, 3 }, { 1, 3 } }]:addbmm(images:select(4, 1), images:select(4, 2):transpose(2, 3));
  ]],
  losses = [[
    circle_loss(x, labels); circle_loss(d, labels, { reduction = "none" });
    circle_loss(n, labels, { aggregate = "batch", through_alpha = true });
    circle_loss({ x, n }, { labels, labels }, { similarity = "euclidean" });
    circle_loss({ x, x }, { labels, labels }, { similarity = "dot", reduction = "sum" });
    circle_class_loss({ x, y }, labels); circle_class_loss({ wide, wide:clone() }, labels);
    circle_loss(x, labels, { diagnostics = true });
    circle_class_loss({ x, y }, labels, { diagnostics = true });
    circle_similarity_loss({ u, v }); circle_similarity_loss({ x, n }, { reduction = "none" });
    ref_circle_loss(x, labels); ref_circle_loss({ x, n }, { labels, labels });
    ref_circle_plain(n, labels); ref_circle_class_loss(x, y, labels);
    ref_circle_similarity_loss(u, v); ref_circle_similarity_loss(x, n); both(context, x, labels);
    ref_margin_loss(x, y, labels); ref_margin_loss(n, d, labels, { label_smoothing = 0.1 }, w);
    ref_proxy_anchor_loss(x, n, labels); margin_loss({ x, y }, labels);
    margin_loss({ n, n:clone() }, labels, { preset = "arcface", label_smoothing = 0.1 });
    margin_loss({ x, y, w }, labels, { preset = "softmax" }); proxy_anchor_loss({ n, x }, labels);
    margin_loss({ d, d:clone() }, labels, { centres = 2 }); pair_context("margin");
    circle_class_loss({ x, n }, labels, { centres = 2 }); learn(arcface, n, labels);
    learn(softmaxes, x, labels); learn(proxies, n, labels);
    both(context, n, labels, x, labels); pair_context();
    circle_loss(x, labels, { memory_budget = 1e6 }); unified_loss(x, labels);
    multi_similarity_loss({ x, n }, { labels, labels }); ref_pair_loss("unified", x, labels);
    pair_context("multi_similarity"); contrastive_loss(d, labels); supcon_loss(n, labels);
    triplet_hard_loss(x, labels); triplet_all_loss(n, labels, { soft = true });
    lifted_loss(n, labels); generalized_lifted_loss(x, labels);
    nt_xent_loss({ d, d }, { labels, labels }, { reduction = "mean_nonzero" });
    circle_loss(x, labels, { ignore_label = 1, weights = x:select(2, 1):clone():abs() });
    circle_loss({ d, d }, { labels, labels }, { ignore_label = 1, reduction = "none" });
    circle_loss(x, labels, { filter_eps = 0.1 }); learn(circle, x, labels);
    learn(class, n, labels); learn(similarity, { u, v }); metrics.retrieval(x, labels);
    metrics.retrieval(d, labels, { similarity = "euclidean", block = 2 });
    metrics.retrieval({ x, n }, { labels, labels }, { measures = { "map" }, k = { 1, 2 } });
    metrics.kmeans(x, 3); metrics.kmeans(n, 2, { similarity = "euclidean", restarts = 2 });
    metrics.kmeans(d, 4, { seed = 3, iterations = 2 }); metrics.mutual_information(labels, sides);
    metrics.clustering(x, labels); metrics.clustering(d, sides, { clusters = 3 });
    metrics.lfw(x, { first = labels, second = labels:clone():fill(3), fold = sides,
      same = labels:clone():add(-1) }, { far = 0.5 });
    metrics.verification(x, labels); metrics.verification(n, labels, { similarity = "euclidean" });
    metrics.verification({ d, d }, { labels, labels }, { far = { 0.1, 0.5 } });
    metrics.rerank(x, { k1 = 3, k2 = 2 }); metrics.rerank({ n, x }, { similarity = "euclidean" });
    metrics.rerank(d); metrics.cmc(x, labels, { rerank = { k1 = 2 } });
    metrics.retrieval({ n, x }, { labels, labels }, { rerank = true });
    metrics.cmc(x, labels, { cameras = labels }); metrics.cmc({ x, n }, { labels, labels });
  ]],
  modules = [[
    learn(linear, x); learn(linear, n); learn(conv, images); learn(conv, images:transpose(3, 4));
    learn(pool, images); learn(average, images); learn(norm, x); learn(norm, n);
    learn(norm2, images); learn(relu, n); learn(tanh, n); learn(dropout, n); learn(normalize, n);
    learn(softmax, n); learn(net, x); learn(table, n); learn(nll, x, labels);
    learn(entropy, n, labels); learn(mse, x, n); linear:clone(); linear:double();
    learn(conv:double(), images:double()); learn(norm2:double(), images:double());
    learn(pool:double(), images:double()); learn(average:double(), images:double());
    learn(dropout:double(), d); learn(norm:double(), d); net:getParameters(); net:clearState();
    learn(nn.PReLU(), n); learn(nn.SoftMax(), n); learn(nn.SpatialZeroPadding(1, -1, 0, 2), images);
    learn(nn.Concat(2):add(nn.Sigmoid()):add(nn.ELU()), n); learn(nn.Max(1), n);
    learn(nn.Mean(2), x); learn(nn.LookupTable(9, 2), e); learn(nn.Narrow(1, 2, 3), n);
    learn(nn.SmoothL1Criterion(), x, n); learn(nn.MultiMarginCriterion(2), x, labels);
    learn(nn.CosineEmbeddingCriterion(), { x, y }, labels:clone():mul(2):add(-3));
    accumulate(net, circle, x, labels, 3); accumulate(dropout, mse, n, x, 1);
    learn(crossbatch, n, labels);
    net:float(); conv:forward(images); conv:forward(images[1]); linear:forward(u);
  ]],
  optim = [[
    descend("sgd", x, y); descend("sgd", x, y, { momentum = 0.9, weightDecay = 0.1 });
    descend("sgd", x, n, { momentum = 0.9, nesterov = true, dampening = 0, learningRates = p });
    descend("adam", x, y); descend("adam", d, d:clone()); descend("adamw", n, x);
    descend("rmsprop", x, y, { weightDecay = 0.1 }); descend("adagrad", d, d:clone());
    optim.checkgrad(function(z) return z:dot(z), z:clone():mul(2) end, w:double());
  ]],
  data = [[
    data.PKSampler(labels, 2, 2):get(1, 1); batch_list(labels); npy.parse(bytes.npy);
    npy.format(n); npy.format(d); idx.parse(bytes.idx); idx.inflate(bytes.gz);
    idx.line(bytes.journal, 1, {}); idx.create(path .. ".new", "x");
    idx.lease(path, path .. ".lock", 1, 1):keep("x"); idx.lease(path, path, 1, 1):take();
    serialize { x, n, s }; serialize({ x, labels }, "ascii"); deserialize(bytes.t7);
    deserialize(bytes.ascii, "ascii"); save(path, { x, s }); load(path .. ".t7");
    npy.save(path, n); npy.load(path .. ".npy"); idx.load(path .. ".idx");
    idx.load(path .. ".idx.gz"); write_file(path, { "a", s }); read_file(path .. ".gz");
    npy.map(path .. ".npy"); decoder.decode(bytes.png); decoder.decode(bytes.jpeg, 1);
    decoder.decode(bytes.pgm, 3); decoder.parse_zip(bytes.zip, 1000);
    decoder.zip_names(path .. ".zip");
    data.image(path .. ".png"); pictures(path):load(); pictures(path):check();
    pictures(path):batches(data.batches(3, 2), { vary = true })();
    json.decode(json.encode { 1, { b = 2 } });
    machine(); config(); getnumthreads(); setnumthreads(1);
  ]],
}
