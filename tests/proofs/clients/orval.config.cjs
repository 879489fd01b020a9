const client = (name) => ({
  input: `./${name}.json`,
  output: { target: `./orval_${name}.ts`, client: "fetch", baseUrl: `${process.env.SERVER}/${name}` },
});

module.exports = { v2: client("v2"), iptv: client("iptv") };
